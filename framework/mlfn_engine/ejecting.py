"""Write a function's image as a Dockerfile with everything it needs, for those who go on without mlfn."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from mlfn.errors import BuildError
from mlfn_engine.images.values import BytecodeLayer, FilesLayer, RequirementsLayer

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import ImagePlan, PlannedFile

MARK = "Dockerfile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ejected:
    """A build context."""

    directory: Path
    files: int


def eject(plan: ImagePlan, directory: Path) -> Ejected:
    """Write a build context: `docker build` of it gives what mlfn would have built, but for byte code and times.

    Raises:
        BuildError: the directory holds something else, or cannot be written.
    """
    if directory.exists() and any(directory.iterdir()) and not (directory / MARK).is_file():
        raise BuildError(f"{directory} is not empty.", hint="Give --output another directory.")
    try:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        written = [
            _write(file, directory / layer.name)
            for layer in _copied(plan)
            for file in layer.files
            if not file.path.endswith(".pyc")
        ]
        for layer in plan.layers:
            if isinstance(layer, RequirementsLayer):
                (directory / "requirements.txt").write_text(layer.lock, encoding="utf-8")
        (directory / MARK).write_text(dockerfile(plan), encoding="utf-8")
    except OSError as error:
        raise BuildError(
            f"{directory} cannot be written: {error.strerror or error}.", hint="Give --output a directory of yours."
        ) from error
    return Ejected(directory=directory, files=len(written))


def dockerfile(plan: ImagePlan) -> str:
    """The instructions; commands are in the form that needs no shell."""
    base = (
        f"{plan.base.reference}@{plan.base.digest}" if plan.base else f"docker.io/library/python:{plan.platform.python}"
    )
    if plan.base and plan.base.reference.startswith("oci:"):
        base = "base"  # a layout has no name that every engine knows: give one with --build-arg
    stages = [
        f"# {plan.function} {plan.version}, written by mlfn; directories are copied into the image as they are.",
        f"ARG BASE={base}",
        f"ARG INSTALLER=docker.io/library/python:{plan.platform.python}-slim",
        *_installing(plan),
        "FROM ${BASE}",
        *(f"COPY --from=requirements /{layer.prefix} /{layer.prefix}" for layer in _requirements(plan)),
        *(f"COPY {layer.name}/ /" for layer in _copied(plan)),
        *(f"ENV {name}={json.dumps(value)}" for name, value in plan.environment),
        f"WORKDIR {plan.working_dir}",
        *(f"LABEL {name}={json.dumps(value)}" for name, value in plan.labels if name != "dev.mlfn.bytecode"),
        "CMD []",
        f"ENTRYPOINT {json.dumps(list(plan.command))}",
    ]
    return "\n".join(stages) + "\n"


def _installing(plan: ImagePlan) -> list[str]:
    lines = []
    for layer in _requirements(plan):
        pip = [
            "-m",
            "pip",
            "install",
            "--no-cache-dir",
            "--no-deps",
            "--require-hashes",
            "--target",
            f"/{layer.prefix}",
        ]
        command = json.dumps([f"python{plan.platform.python}", *pip, "-r", "/tmp/requirements.txt"])  # noqa: S108
        lines += ["FROM ${INSTALLER} AS requirements", "COPY requirements.txt /tmp/", f"RUN {command}"]
    return lines


def _copied(plan: ImagePlan) -> list[FilesLayer]:
    return [layer for layer in plan.layers if isinstance(layer, FilesLayer)]


def _requirements(plan: ImagePlan) -> list[RequirementsLayer]:
    found = []
    for layer in plan.layers:
        match layer:
            case RequirementsLayer():
                found.append(layer)
            case FilesLayer() | BytecodeLayer():
                continue
            case _:
                assert_never(layer)
    return found


def _write(file: PlannedFile, root: Path) -> Path:
    target = root / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(file.source, bytes):
        target.write_bytes(file.source)
    else:
        shutil.copyfile(file.source, target)
    target.chmod(file.mode)
    return target
