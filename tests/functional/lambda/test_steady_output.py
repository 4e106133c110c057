"""A function that never stops writing: its log can be read all the same, and its file does not grow for ever."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.service import Params, Result
from mlfn_localstack.services.lambda_.execution.logs import LogStream
from mlfn_localstack.services.lambda_.execution.output_file import LIMIT_BYTES
from mlfn_localstack.services.lambda_.execution.output_folder import OutputFolder

LINE = b"x" * 9_999 + b"\n"
ROUNDS = 60


class Talk(Neighbours):
    """A function that has written two more batches whenever a batch has reached the log."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.folder = OutputFolder(self.environment)
        self.log = LogStream(self, "/aws/lambda/f", "1", self.folder)
        self.pipe, self._writing = os.pipe()
        os.set_blocking(self.pipe, False)
        self.log.hold(self.pipe)
        self.put = 0

    def write(self) -> None:
        """One more line, through the pipe."""
        os.write(self._writing, LINE)
        self.log.write(self.log.read(self.pipe))

    async def call(self, service: str, operation: str, params: Params, **_: Any) -> Result:
        """CloudWatch Logs."""
        if operation == "PutLogEvents":
            self.put += len(params["logEvents"])
            for _line in range(2 * len(params["logEvents"]) if self.put < ROUNDS else ROUNDS // 2):
                self.write()
        return {}

    def close(self) -> None:
        """The function ends."""
        for descriptor in (self.pipe, self._writing):
            os.close(descriptor)
        self.log.let_go()
        self.folder.close()


def test_a_reader_waits_for_what_was_written_before_it_came(tmp_path: Path) -> None:
    async def scenario() -> int:
        talk = Talk(tmp_path)
        talk.write()
        await asyncio.wait_for(talk.log.flush(), 10)
        put = talk.put
        talk.close()
        return put

    assert asyncio.run(scenario()) >= 1


def test_the_file_holds_no_more_than_what_is_on_its_way(tmp_path: Path) -> None:
    async def scenario() -> int:
        talk = Talk(tmp_path)
        talk.write()
        while talk.put * len(LINE) < 4 * LIMIT_BYTES:
            await talk.log.flush()
        (file,) = tmp_path.glob("output/*.output")
        size = file.stat().st_size
        talk.close()
        return size

    assert asyncio.run(scenario()) < 2 * LIMIT_BYTES
