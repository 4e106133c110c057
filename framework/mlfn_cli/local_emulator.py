"""The embedded emulator of a project, for the commands that start it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import EmulatorError

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_localstack import process


def ensure_started(state_dir: Path, port: int, runner: str | None = None) -> process.Status:
    """The running emulator of this state directory, started if need be.

    Raises:
        EmulatorError: it cannot start, for example because the port is taken, or runs with another runner.
    """
    from mlfn_localstack import process

    already = process.status(state_dir) if runner else None
    used = already and process.runner_of(already)
    if used and runner not in {"auto", used["runner"]}:
        message = f"The emulator runs already, with the {used['runner']} runner."
        raise EmulatorError(message, hint="Stop it first: mlfn emulator stop")
    try:
        return process.start(state_dir, port=port, arguments=process.with_runner(runner) if runner else ())
    except process.EmulatorStartError as error:
        raise EmulatorError(error.message, hint=error.hint) from error
