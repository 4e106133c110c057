"""The audit table as a query reads it: page by page, by key, never a scan."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol

from mlfn.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

Item = dict[str, dict[str, Any]]
INDEXES = {"g1": "GSI1", "g2": "GSI2", "g3": "GSI3"}
"""The table's indexes by their hash keys' names."""
_BATCH = 100
"""Keys of one BatchGetItem."""
_LEAST_PAGE = 8
"""Items of one answer at least: what one shard has more than another."""
_ATTEMPTS = 8
_AHEAD, _AHEAD_BY_INDEX = 8, 64
"""Parts whose first pages are asked for together, at most: records are large, an index's entries are small."""
_FILLED = 2
"""Windows of parts (1, 2 of them) until a batch that is not full yet is fetched all the same."""


class DynamoDBClient(Protocol):
    """What a query needs of boto3's DynamoDB client."""

    def query(self, **request: Any) -> Mapping[str, Any]:
        """`Query`."""

    def batch_get_item(self, **request: Any) -> Mapping[str, Any]:
        """`BatchGetItem`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What else items must be: DynamoDB reads all of a range, and answers with those."""

    expression: str
    names: dict[str, str]
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A part of a partition: sort keys from `first` up to, not including, `last`."""

    key: str
    first: str = ""
    last: str = ""
    index: str | None = None
    """The index that has the partition, by its hash key's name; None: the table."""
    only: Filter | None = None


@dataclass(slots=True, kw_only=True)
class Cost:
    """What answering has read so far; it grows as the answer is read."""

    pages: int = 0
    """Answers of Query."""
    batches: int = 0
    """Answers of BatchGetItem: records that an index had found."""
    items: int = 0
    """Directory entries, index entries and records that came in them."""
    units: float = 0.0
    """Read units, as DynamoDB bills them."""
    damaged: int = 0
    """Items that are no records any more."""

    def add_page(self, answer: Mapping[str, Any]) -> None:
        """Count an answer of Query."""
        self.pages += 1
        self.items += answer.get("ScannedCount", len(answer["Items"]))
        self.units += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)

    def add_batch(self, answer: Mapping[str, Any]) -> None:
        """Count an answer of BatchGetItem."""
        self.batches += 1
        self.items += sum(len(found) for found in answer["Responses"].values())
        self.units += sum(used["CapacityUnits"] for used in answer.get("ConsumedCapacity", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTable:
    """One audit table behind a client."""

    client: DynamoDBClient
    name: str
    page_size: int = 250
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = field(default=time.sleep)
    cost: Cost = field(default_factory=Cost)

    def items(self, part: Range, *, newest_first: bool = False, at_first: int | None = None) -> Iterator[Item]:
        """The items of a range in the order of their sort keys, without those that have expired.

        Args:
            part: the range.
            newest_first: in the reverse order.
            at_first: how many the first answer has at most, for who may need no more.
        """
        request = self._request(part, newest_first=newest_first)
        if at_first is not None:
            request["Limit"] = min(at_first, self.page_size)
        pages = self._pages(request, self.client.query(**request))
        return self._alive(pages if part.index is None else self._whole([pages]))

    def entries(self, part: Range) -> Iterator[Item]:
        """What an index has of a range: the keys of its items, of expired ones too."""
        request = self._request(part, newest_first=False)
        return self._pages(request, self.client.query(**request))

    def items_of(
        self, parts: Iterable[Sequence[Range]], pool: Executor, *, newest_first: bool = False
    ) -> Iterator[Item]:
        """The items of one part after the other; the ranges of a part are merged by their sort keys.

        The first pages of the next parts are asked for at once, of twice as many each time: many empty parts cost
        little time, and a reader who needs only some items pays for few parts more.
        """
        waiting = iter(parts)
        first = next(waiting, None)
        if first is None:
            return iter(())
        by_index = first[0].index is not None
        windows = self._windows(chain([first], waiting), pool, newest_first, _AHEAD_BY_INDEX if by_index else _AHEAD)
        return self._alive(self._whole(windows) if by_index else chain.from_iterable(windows))

    def _windows(
        self, parts: Iterator[Sequence[Range]], pool: Executor, newest_first: bool, most: int
    ) -> Iterator[Iterator[Item]]:
        ahead = 1
        while window := list(islice(parts, ahead)):
            yield self._window(window, pool, newest_first)
            ahead = min(2 * ahead, most)

    def _window(self, window: list[Sequence[Range]], pool: Executor, newest_first: bool) -> Iterator[Item]:
        requests = [
            [self._request(each, newest_first=newest_first, among=len(part)) for each in part] for part in window
        ]
        answers = iter(self._asked([request for part in requests for request in part], pool))
        for part in requests:
            first = [(request, next(answers)) for request in part]
            streams = [self._pages(request, answer()) for request, answer in first]
            yield from heapq.merge(*streams, key=lambda item: item["sk"]["S"], reverse=newest_first)

    def _asked(self, requests: list[dict[str, Any]], pool: Executor) -> list[Callable[[], Mapping[str, Any]]]:
        """The answers to come: the first is got by who asks for it, meanwhile the pool gets the others."""
        first, *others = [partial(self.client.query, **request) for request in requests]
        return [first, *[pool.submit(query).result for query in others]]

    def _pages(self, request: dict[str, Any], answer: Mapping[str, Any]) -> Iterator[Item]:
        while True:
            self.cost.add_page(answer)
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            if "Limit" in request:
                request = {**request, "Limit": self.page_size}  # whoever reads on wants more
            answer = self.client.query(**request, ExclusiveStartKey=answer["LastEvaluatedKey"])

    def _request(self, part: Range, *, newest_first: bool, among: int = 1) -> dict[str, Any]:
        """The first page of a range; of `among` ones that are merged, each gives its share of a page."""
        condition, values = "#p = :p", {":p": {"S": part.key}}
        if part.last:
            condition += " AND #s BETWEEN :f AND :l"
            values |= {":f": {"S": part.first or "!"}, ":l": {"S": part.last}}
        names = {"#p": part.index or "pk", **({"#s": "sk"} if part.last else {})}
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not newest_first,
            "ReturnConsumedCapacity": "TOTAL",
        }
        if part.index:
            request["IndexName"] = INDEXES[part.index]
        if part.only is None:
            request["Limit"] = max(-(-self.page_size // among), _LEAST_PAGE)
        else:
            # Pages end at 1 MB: few of them have anything in them.
            request["FilterExpression"] = part.only.expression
            names.update(part.only.names)
            values.update({name: {"S": value} for name, value in part.only.values.items()})
        return request

    def _whole(self, windows: Iterable[Iterator[Item]]) -> Iterator[Item]:
        """The items that entries of an index point to, in their order."""
        batch: list[Item] = []
        for number, entries in enumerate(windows):
            for entry in entries:
                batch.append(entry)
                if len(batch) == min(_BATCH, self.page_size):
                    yield from self._fetched(batch)
                    batch = []
            if batch and number >= _FILLED:
                yield from self._fetched(batch)
                batch = []
        yield from self._fetched(batch)

    def _fetched(self, entries: list[Item]) -> Iterator[Item]:
        keys = [{"pk": entry["pk"], "sk": entry["sk"]} for entry in entries]
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in self._get(keys)} if keys else {}
        order = [(key["pk"]["S"], key["sk"]["S"]) for key in keys]
        # An index lags behind its table: an item that is gone from the table by now is gone.
        return (found[key] for key in order if key in found)

    def _get(self, keys: list[Item]) -> Iterator[Item]:
        for attempt in range(_ATTEMPTS):
            answer = self.client.batch_get_item(
                RequestItems={self.name: {"Keys": keys}}, ReturnConsumedCapacity="TOTAL"
            )
            self.cost.add_batch(answer)
            yield from answer["Responses"].get(self.name, [])
            left = answer.get("UnprocessedKeys") or {}
            if not left:
                return
            keys = left[self.name]["Keys"]
            self.pause(0.05 * 2**attempt)
        raise AuditError(
            f"The table {self.name} left {len(keys)} records unread.", hint="It is throttled: ask again, or for less."
        )

    def _alive(self, items: Iterable[Item]) -> Iterator[Item]:
        """DynamoDB deletes an expired item within days, not at once."""
        now = int(self.clock())
        return (item for item in items if "x" not in item or int(item["x"]["N"]) > now)
