"""What an archive holds: the layers of the plan, moved below `/var/task`, and the program that starts the runtime.

Lambda unpacks a function's archive in one place, read-only. So what an image has in `/opt` lies in `.mlfn/` of the
archive, beside the project's own files. AWS's Python starts our loop through AWS_LAMBDA_EXEC_WRAPPER
(docs/packages.md says why not `provided.al2023`).
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mlfn.errors import BuildError

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImagePlan

TASK = "var/task/"
OPTIONAL = "opt/"
HOME = ".mlfn"
"""Hidden: nothing of a project is brought in from there."""
START = f"{HOME}/start"
WRAPPER = f"/var/task/{START}"
"""What AWS_LAMBDA_EXEC_WRAPPER names."""
BOOTSTRAP = "bootstrap"
"""What a `provided` runtime starts."""
PROVIDED = "provided.al2023"


def entry_name(path: str) -> str:
    """Where a file of the plan lies in the archive."""
    if path.startswith(TASK):
        return path.removeprefix(TASK)
    if path.startswith(OPTIONAL):
        return f"{HOME}/{path.removeprefix(OPTIONAL)}"
    raise BuildError(f"/{path} cannot be in a zip archive.", hint='Use package="image" for this model.')


def bootstrap_script(plan: ImagePlan) -> str:
    """What a runtime without a Python of its own (`provided.al2023`) starts: this machine's."""
    return f'#!/bin/sh\nexec "$LAMBDA_TASK_ROOT/{START}" python{plan.platform.python}\n'


def start_script(plan: ImagePlan) -> str:
    """The wrapper: Lambda calls it with the command of its own runtime, of which it takes the interpreter."""
    lines = [f"export {name}={_list(value)}" for name, value in plan.environment]
    options = " ".join(map(shlex.quote, plan.command[1:]))
    return "\n".join(["#!/bin/sh", *lines, f'exec "$1" {options}', ""])


def _list(value: str) -> str:
    """A list of paths as it is in the unpacked archive."""
    return ":".join(
        f'"$LAMBDA_TASK_ROOT"{shlex.quote(_below(path)) if _below(path) else ""}' for path in value.split(":")
    )


def _below(path: str) -> str:
    name = path.removeprefix("/")
    return "" if f"{name}/" == TASK else f"/{entry_name(name)}"
