"""Queries that were started: run one after the other, their results kept for a week."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.logs.insights.rows import Moment, Row
from mlfn_localstack.services.logs.model import now_ms

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.logs.model import Event, LogsState

_LOG = logging.getLogger(__name__)
_KEPT_MS = 7 * 86_400_000
_PAGE = 5_000
_EVENT_BYTES = 26
"""That CloudWatch counts beside a message."""

Search = dict[str, Any]
"""`queryId`, `status`, `queryString`, `groups`, `startTime` and `endTime` in milliseconds, `limit`, `createTime`, and
once it is complete `results` and `statistics`."""


class Searches:
    """All queries of the last week."""

    def __init__(self, environment: Environment, state: LogsState) -> None:
        self._store = environment.store
        self._documents = environment.store.documents("logs-query")
        self._state = state
        self._account_id = environment.account_id
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None

    def get(self, query_id: str) -> Search | None:
        """A query by its id."""
        found: Search | None = self._documents.get(query_id)
        return found

    def all(self) -> list[Search]:
        """Every query, the newest first."""
        return sorted((search for _, search in self._documents.items()), key=lambda each: -int(each["createTime"]))

    def put(self, search: Search) -> None:
        """Write a query."""
        self._documents.put(search["queryId"], search)

    def begin(self, search: Search) -> None:
        """Have a query run; those that are a week old go."""
        for old in self.all():
            if old["createTime"] < now_ms() - _KEPT_MS:
                self._documents.delete(old["queryId"])
        self.put(search)
        self._waiting.put_nowait(search["queryId"])

    def start(self) -> None:
        """Run what has not come to its end."""
        for search in reversed(self.all()):
            if search["status"] in ("Scheduled", "Running"):
                self._waiting.put_nowait(search["queryId"])
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        while True:
            search = self.get(await self._waiting.get())
            if search is None or search["status"] not in ("Scheduled", "Running"):
                continue
            self.put({**search, "status": "Running"})
            try:
                ended = {"status": "Complete", **await self._results(search)}
            except TimeoutError:
                ended = {"status": "Timeout"}
            except Exception:  # a query that cannot be run must not end all others
                _LOG.exception("The query %s failed", search["queryId"])
                ended = {"status": "Failed"}
            if (self.get(search["queryId"]) or {}).get("status") == "Running":
                self.put({**search, **ended})
            await self._store.durable()

    async def _results(self, search: Search) -> dict[str, Any]:
        from mlfn_localstack.services.logs.insights.apart import run_apart  # noqa: PLC0415 - pickle
        from mlfn_localstack.services.logs.insights.query import parse_query  # noqa: PLC0415 - half a megabyte

        rows: list[Row] = []
        scanned = 0
        for group in search["groups"]:
            found, size = await self._events(group, search)
            rows += found
            scanned += size
        rows.sort(key=lambda row: float(row.get("@timestamp")), reverse=True)
        query, total = parse_query(search["queryString"]), len(rows)
        if query.has_regex:
            results, matched = await run_apart(search["queryString"], rows, search["limit"])
        else:
            results, matched = await asyncio.to_thread(query.run, rows, search["limit"])
        statistics = {
            "recordsMatched": float(matched),
            "recordsScanned": float(total),
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(scanned),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": float(len(search["groups"])),
        }
        return {"results": results, "statistics": statistics}

    async def _events(self, group: str, search: Search) -> tuple[list[Row], int]:
        """A group's events in the time that is asked for, page by page so that others get their turn."""
        streams = {stream.id: stream.name for stream in self._state.streams(group)}
        rows: list[Row] = []
        size, position = 0, None
        while streams:
            page = self._state.events(
                list(streams), start=search["startTime"], end=search["endTime"] + 1, after=position, limit=_PAGE
            )
            for event in page:
                position = (event.timestamp, event.id)
                size += len(event.message) + _EVENT_BYTES
                rows.append(event_row(event, group, streams[event.stream], self._account_id))
            if len(page) < _PAGE:
                break
            await asyncio.sleep(0)
        return rows, size


def event_row(event: Event, group: str, stream: str, account_id: str) -> Row:
    """A log event as a row."""
    known = {
        "@timestamp": Moment(event.timestamp),
        "@ingestionTime": Moment(event.ingested),
        "@message": event.message,
        "@logStream": stream,
        "@log": f"{account_id}:{group}",
    }
    place = "\n".join((group, stream, str(event.timestamp), str(event.id)))
    return Row(known, base64.urlsafe_b64encode(place.encode()).decode())
