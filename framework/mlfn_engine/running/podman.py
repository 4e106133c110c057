"""Images in containers, by podman: as read-only as Lambda has them, with Lambda's limits on files and processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mlfn.errors import TargetError
from mlfn_engine.running.one_call import Answer, OneCall

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")
"""AWS Lambda quotas; without them podman asks for more than some machines allow."""

_SETTLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Podman:
    """podman on this machine."""

    program: str

    def pull(self, reference: str) -> str:
        """Bring an image (`oci:path`, or a registry's reference) into podman's store; its id.

        Raises:
            TargetError: it cannot be had.
        """
        if reference.startswith("oci:"):
            return self._pull_layout(Path(reference.removeprefix("oci:")))
        return self._pulled(reference, reference)

    def _pull_layout(self, layout: Path) -> str:
        """podman names an image after the layout's path, which has to be a name that images may have."""
        directory = Path(tempfile.gettempdir(), f"mlfn-{uuid.uuid4().hex}")
        directory.mkdir(mode=0o700)
        try:
            link = directory / "image"
            link.symlink_to(layout.resolve())
            return self._pulled(f"oci:{link}", f"oci:{layout}")
        finally:
            shutil.rmtree(directory)

    def _pulled(self, reference: str, name: str) -> str:
        done = subprocess.run(
            [self.program, "pull", "--quiet", reference], capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode != 0:
            raise TargetError(
                f"podman cannot have {name}: {_last_line(done.stderr)}.",
                hint="Check the reference; private registries want podman login.",
            )
        return done.stdout.split()[-1]

    def call(self, image: str, event: bytes, variables: Mapping[str, str], log: IO[bytes], timeout_s: float) -> Answer:
        """Start a container for one call; what it prints goes to `log`.

        Raises:
            TargetError: it does not answer.
        """
        with OneCall(event, timeout_s) as call:
            settings = {**variables, "AWS_LAMBDA_RUNTIME_API": call.address}
            named = [part for name in settings for part in ("--env", name)]
            name = f"mlfn-{uuid.uuid4().hex[:12]}"
            command = [self.program, "run", f"--name={name}", "--network=host", "--read-only", "--tmpfs=/tmp", *_LIMITS]
            process = subprocess.Popen(
                [*command, *named, image], env={**os.environ, **settings}, stdout=log, stderr=log
            )
            watcher = threading.Thread(target=_watch, args=(process, call), daemon=True)
            watcher.start()
            try:
                call.answered.wait(timeout_s)
                if call.answer is not None:
                    call.settled.wait(_SETTLE_S)
            finally:
                self._remove(name)
                watcher.join()
            return _answer_of(call, process.returncode, timeout_s)

    def _remove(self, name: str) -> None:
        """End a container; Python as its first process does not hear SIGTERM."""
        subprocess.run([self.program, "rm", "--force", "--time=0", name], capture_output=True, check=False)


def find_podman() -> Podman:
    """podman.

    Raises:
        TargetError: it is not installed.
    """
    program = shutil.which("podman")
    if program is None:
        raise TargetError(
            "podman is not installed, and images on a base image run in containers.",
            hint="Install it (Debian, Ubuntu: apt-get install podman runc), or deploy to the emulator: mlfn deploy.",
        )
    return Podman(program)


def _watch(process: subprocess.Popen[bytes], call: OneCall) -> None:
    """Wait for the container's end, after which nobody need wait for an answer."""
    process.wait()
    call.answered.set()
    call.settled.set()


def _answer_of(call: OneCall, code: int, timeout_s: float) -> Answer:
    if call.answer is not None:
        return call.answer
    late = code in {-9, 137}
    problem = f"did not answer within {timeout_s:g} s" if late else f"ended without an answer (exit status {code})"
    raise TargetError(f"The image {problem}.", hint="What it printed is above; --timeout gives it longer.")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines or ["it said nothing"])[-1].rstrip(".")
