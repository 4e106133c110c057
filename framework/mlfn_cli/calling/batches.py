"""A pipeline over the lines of a file: which are done, which are to do, and what each gave."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import CallError, TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """An input file with a JSON document a line, and the file that results go to."""

    source: Path
    results: Path

    def done(self) -> dict[int, bool]:
        """The lines that have a result, and whether it is an output."""
        if not self.results.exists():
            return {}
        found = {}
        for text in self.results.read_text(encoding="utf-8").splitlines():
            try:
                result = json.loads(text)
                found[int(result["line"])] = "output" in result
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # the last line of a run that was killed while it wrote
        return found

    def prepare(self) -> None:
        """Make sure that results can be kept, before anything is called.

        Raises:
            UsageError: the file cannot be written.
        """
        try:
            self.results.open("ab").close()
        except OSError as error:
            raise UsageError(
                f"Cannot write {self.results}: {error.strerror}.", hint="Give --output a path that can be written."
            ) from error

    def end_last_line(self) -> None:
        """End a line that a run was killed in, so that the next one is a line of its own."""
        if self.results.exists() and (text := self.results.read_bytes()) and not text.endswith(b"\n"):
            with self.results.open("ab") as results:
                results.write(b"\n")

    def add(self, results: list[Answer]) -> None:
        """Put results behind those that are there."""
        self.end_last_line()
        with self.results.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(result, ensure_ascii=False)}\n" for result in results)

    def waiting(self, again: frozenset[int]) -> list[tuple[int, bytes]]:
        """The lines to do, numbered from 1: those without a result, and those in `again`.

        Raises:
            UsageError: a line is no JSON.
        """
        done = self.done().keys() - again
        found = []
        with self.source.open("rb") as lines:
            for number, text in enumerate(lines, start=1):
                if number not in done and text.strip():
                    found.append((number, _checked(text.strip(), number, self.source)))
        return found


def _checked(text: bytes, number: int, source: Path) -> bytes:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        step = "Write one JSON document on each line."
        raise UsageError(f"Line {number} of {source} is not JSON: {error}.", hint=step) from error
    return text


def run_batch(
    batch: Batch, waiting: list[tuple[int, bytes]], call: Callable[[bytes], Answer], at_once: int
) -> Iterator[bool]:
    """Call for each waiting line and put what comes into the results, as it comes; for each, whether it is an output.

    A line whose result was not written when a run was killed is called again by the next one.
    """
    lock = threading.Lock()
    batch.end_last_line()

    def one(number: int, body: bytes) -> bool:
        answer = _answer(call, body)
        text = json.dumps({"line": number, **answer}, ensure_ascii=False)
        with lock, batch.results.open("a", encoding="utf-8") as results:
            results.write(f"{text}\n")
        return "output" in answer

    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(lambda line: one(*line), waiting)


def _answer(call: Callable[[bytes], Answer], body: bytes) -> Answer:
    try:
        return call(body)
    except TargetError as error:
        return {"error": "Unreachable", "detail": error.message}
    except CallError as error:
        return {"error": error.error_type or "CallError", "detail": error.message}
