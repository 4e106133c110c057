"""Work on numbered parts by a few threads, and its ends in the parts' order."""

from __future__ import annotations

from threading import Condition, Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from mlfn.runtime.http import Connection

    Bring = Callable[[int, dict[str, Connection]], None]


class Parts:
    """Iterates over parts, each once `bring` is done with it; the first error of any ends it."""

    def __init__(self, offsets: range, bring: Bring, workers: int) -> None:
        self._offsets = offsets
        self._ahead = iter(offsets)
        self._bring = bring
        self._changed = Condition()
        self._done: set[int] = set()
        self._error: BaseException | None = None
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(min(workers, len(offsets)))]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ahead = iter(())
        for thread in self._threads:
            thread.join()

    def __iter__(self) -> Iterator[int]:
        for offset in self._offsets:
            with self._changed:
                self._changed.wait_for(lambda wanted=offset: wanted in self._done or self._error is not None)  # type: ignore[misc]
                if self._error is not None:
                    raise self._error
                self._done.discard(offset)
            yield offset

    def _work(self) -> None:
        connections: dict[str, Connection] = {}
        while True:
            with self._changed:
                offset = None if self._error is not None else next(self._ahead, None)
            if offset is None:
                break
            error: BaseException | None = None
            try:
                self._bring(offset, connections)
            except BaseException as raised:  # it belongs to who waits
                error = raised
            with self._changed:
                self._done.add(offset)
                self._error = self._error or error
                self._changed.notify()
        close_all(connections)


def close_all(connections: dict[str, Connection]) -> None:
    """Let go of a thread's connections."""
    for connection in connections.values():
        connection.close()
