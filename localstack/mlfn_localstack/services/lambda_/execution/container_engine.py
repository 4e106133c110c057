"""podman and docker, by their command line, which is the same but for a few options."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL = "mlfn-localstack.state"
"""On every container, with what tells one emulator's state directory from another's."""
_TIMEOUT_S = 60.0


class EngineError(Exception):
    """The engine refused; the message is what it said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A container engine on this machine."""

    name: str
    """`podman` or `docker`, which decides what it is told."""
    program: str
    options: tuple[str, ...] = ()
    """What stands before its subcommand."""

    def command(self, *arguments: str) -> tuple[str, ...]:
        """A command line of it."""
        return (self.program, *self.options, *arguments)

    def run(self, *arguments: str, stdin: bytes = b"") -> str:
        """What one command prints (blocking).

        Raises:
            EngineError: it failed, or took too long.
        """
        # Files, since a container that goes on running would keep pipes open.
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
            try:
                command = self.command(*arguments)
                done = subprocess.run(
                    command, input=stdin, stdout=printed, stderr=said, check=False, timeout=_TIMEOUT_S
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise EngineError(str(error)) from error
            for file in (printed, said):
                file.seek(0)
            if done.returncode:
                raise EngineError(last_line(said.read()))
            return printed.read().decode(errors="replace").strip()

    async def call(self, *arguments: str) -> str:
        """What one command prints.

        Raises:
            EngineError: it failed.
        """
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
        printed, said = await process.communicate()
        if process.returncode:
            raise EngineError(last_line(said))
        return printed.decode(errors="replace").strip()

    async def start(
        self, arguments: Sequence[str], output: int, environment: Mapping[str, str]
    ) -> asyncio.subprocess.Process:
        """A command that writes to a pipe, running; docker's own answers are not for there."""
        quiet = self.name == "docker" and arguments[0] == "run"
        return await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL if quiet else output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )

    def remove_labelled(self, state: str) -> None:
        """End and remove the containers of an emulator that is no more (blocking).

        Raises:
            EngineError: the engine does not answer.
        """
        found = self.run("ps", "--all", "--quiet", "--filter", f"label={LABEL}={state}").split()
        for name in found:
            with contextlib.suppress(EngineError):  # it has ended already
                self.run("kill", name)
        if found:
            self.run("rm", "--force", *found)


def last_line(said: bytes) -> str:
    """What a program said last."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return (lines or ["it said nothing"])[-1].strip()
