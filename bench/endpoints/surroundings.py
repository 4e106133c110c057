"""What lies around a function under measurement, as in Lambda."""

from __future__ import annotations

import subprocess

from endpoints.processors import keep_apart
from endpoints.table import Table


class Surroundings:
    """AWS as far as a function needs it (`url`), and a pipe for its standard output that somebody reads (`log`)."""

    def __init__(self, *, shared: bool = False) -> None:
        self.processors = None if shared else keep_apart()
        """The functions' own, unless they are left to the scheduler."""
        self._table = Table()
        self._reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert self._reader.stdin is not None
        self._pipe = self._reader.stdin
        self.url = self._table.url
        self.log = self._pipe.fileno()

    def __enter__(self) -> Surroundings:
        self._table.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._table.__exit__()
        self._reader.kill()
        self._reader.wait()
        self._pipe.close()
