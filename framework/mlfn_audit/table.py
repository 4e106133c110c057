"""The audit table as a query reads it: page by page, by key, never a scan."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mlfn.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Item = dict[str, dict[str, Any]]
INDEXES = {"g1": "GSI1", "g2": "GSI2", "g3": "GSI3"}
"""The table's indexes by their hash keys' names."""
_BATCH = 100
"""Keys of one BatchGetItem."""
_ATTEMPTS = 8


class DynamoDBClient(Protocol):
    """What a query needs of boto3's DynamoDB client."""

    def query(self, **request: Any) -> Mapping[str, Any]:
        """`Query`."""

    def batch_get_item(self, **request: Any) -> Mapping[str, Any]:
        """`BatchGetItem`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A part of a partition: sort keys from `first` up to, not including, `last`."""

    key: str
    first: str = ""
    last: str = ""
    index: str | None = None
    """The index that has the partition, by its hash key's name; None: the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTable:
    """One audit table behind a client."""

    client: DynamoDBClient
    name: str
    page_size: int = 250
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = field(default=time.sleep)

    def items(self, part: Range, *, newest_first: bool = False) -> Iterator[Item]:
        """The items of a range in the order of their sort keys, without those that have expired."""
        pages = self._pages(part, newest_first)
        if part.index is None:
            for page in pages:
                yield from self._alive(page)
        else:
            for page in pages:
                yield from self._alive(self._whole(page))

    def _pages(self, part: Range, newest_first: bool) -> Iterator[Sequence[Item]]:
        request = self._request(part, newest_first)
        while True:
            answer = self.client.query(**request)
            yield answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _request(self, part: Range, newest_first: bool) -> dict[str, Any]:
        condition, values = "#p = :p", {":p": {"S": part.key}}
        if part.last:
            condition += " AND #s BETWEEN :f AND :l"
            values |= {":f": {"S": part.first or "!"}, ":l": {"S": part.last}}
        request = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#p": part.index or "pk", **({"#s": "sk"} if part.last else {})},
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not newest_first,
            "Limit": self.page_size,
        }
        return request | ({"IndexName": INDEXES[part.index]} if part.index else {})

    def _whole(self, page: Sequence[Item]) -> list[Item]:
        """The items whose keys an index page holds, in the page's order."""
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(page), _BATCH):
            keys = [{"pk": item["pk"], "sk": item["sk"]} for item in page[start : start + _BATCH]]
            found |= {(item["pk"]["S"], item["sk"]["S"]): item for item in self._get(keys)}
        order = [(item["pk"]["S"], item["sk"]["S"]) for item in page]
        # An index lags behind its table: an item that is gone from the table by now is gone.
        return [found[key] for key in order if key in found]

    def _get(self, keys: list[Item]) -> Iterator[Item]:
        for attempt in range(_ATTEMPTS):
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": keys}})
            yield from answer["Responses"].get(self.name, [])
            left = answer.get("UnprocessedKeys") or {}
            if not left:
                return
            keys = left[self.name]["Keys"]
            self.pause(0.05 * 2**attempt)
        raise AuditError(
            f"The table {self.name} left {len(keys)} records unread.", hint="It is throttled: ask again, or for less."
        )

    def _alive(self, items: Sequence[Item]) -> Iterator[Item]:
        """DynamoDB deletes an expired item within days, not at once."""
        now = int(self.clock())
        return (item for item in items if "x" not in item or int(item["x"]["N"]) > now)
