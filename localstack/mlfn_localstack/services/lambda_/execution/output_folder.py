"""Where functions' output is safe from a kill -9 of the emulator: files of streams, and a keeper of their pipes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from mlfn_localstack.services.lambda_.execution.output_file import OutputFile
from mlfn_localstack.services.lambda_.execution.output_recovery import recover
from mlfn_localstack.services.lambda_.execution.pipe_keeper import PipeKeeper

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment

FOLDER = "output"


class OutputFolder:
    """One directory of the state directory."""

    def __init__(self, emulator: Environment) -> None:
        self._folder = emulator.state_dir / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._gateway = emulator.gateway
        self._files: WeakValueDictionary[str, OutputFile] = WeakValueDictionary()
        self.keeper = PipeKeeper(self._folder)

    def file(self, group: str, stream: str) -> OutputFile:
        """The file of a stream."""
        path = self._folder / f"{secrets.token_hex(12)}.output"
        self._files[path.name] = made = OutputFile(path, group, stream)
        return made

    async def recover(self) -> None:
        """Put into the log what an emulator that was killed has left."""
        await recover(self._folder, self._gateway, own=self._files)

    def close(self) -> None:
        """Every environment has ended, and its lines are in the log."""
        self.keeper.close()
        for file in list(self._files.values()):
            file.remove()
