"""Byte code beside source files, made by as many interpreters as there are cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from mlfn.errors import BuildError
from mlfn_engine.images import bytecode
from mlfn_engine.images.values import PlannedFile


def compiled(files: list[PlannedFile], directory: Path) -> list[PlannedFile]:
    """The byte code of these source files, which lie on the disk; `directory` is scratch."""
    pairs = [
        (file, PlannedFile(path=bytecode.pyc_path(file.path), source=Path(bytecode.pyc_path(str(file.source)))))
        for file in files
        if file.path.endswith(".py") and isinstance(file.source, Path)
    ]
    _compile([[str(source.source), f"/{source.path}", str(target.source)] for source, target in pairs], directory)
    return [target for _, target in pairs if isinstance(target.source, Path) and target.source.exists()]


def _compile(jobs: list[list[str]], directory: Path) -> None:
    count = os.cpu_count() or 1
    workers = []
    for number in range(count):
        listing = directory / f"compile-{number}.jsonl"
        listing.write_text("".join(json.dumps(job) + "\n" for job in jobs[number::count]), encoding="utf-8")
        with listing.open("rb") as jobs_file:
            command = [sys.executable, "-I", bytecode.__file__]
            workers.append(subprocess.Popen(command, stdin=jobs_file, stderr=subprocess.PIPE, text=True))
    messages = [worker.communicate()[1] for worker in workers]
    failed = [message for worker, message in zip(workers, messages, strict=True) if worker.returncode != 0]
    if failed:
        last = (failed[0].strip().splitlines() or ["no reason given"])[-1]
        raise BuildError(
            f"Python files could not be compiled: {last}.",
            hint="Build again; where the disk is full, free some space first, or set MLFN_CACHE to another.",
        )
