"""Records on their way into the table: the same conditional put as a function's own, so that twice is once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn.audit.codec import base64url_bytes, event_id
from mlfn.audit.item import directory_items, to_item
from mlfn.audit.record import Phase
from mlfn_audit.collecting.derived import ENDS, PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlfn.audit.codec import Wire
    from mlfn_audit.directory import Item, TableClient

_BATCH = 100


class Outcome(StrEnum):
    """What became of a put."""

    NEW = "new"
    HELD = "held"
    """The table had it already."""
    COLLISION = "collision"
    """The table has another record under its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Puts records into one audit table."""

    client: TableClient
    table: str
    _listed: set[str] = field(default_factory=set)

    def missing(self, wires: Sequence[Wire]) -> list[Wire]:
        """Those of these records that the table does not have, or has another one in place of."""
        held = {_pair(item): item.get("h", {}).get("B", b"") for item in self._get([_key(wire) for wire in wires])}
        return [wire for wire in wires if held.get(_pair(_key(wire))) != base64url_bytes(wire["h"])]

    def ended(self, started: Wire) -> bool:
        """Whether the table has the end of a started attempt."""
        return any(True for _ in self._get([_key(_phase(started, phase)) for phase in ENDS]))

    def put(self, wire: Wire) -> Outcome:
        """Put a record, and its hour into its model's directory."""
        self._list(wire)
        item = with_bytes(to_item(wire))
        try:
            self._put(item)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            old: Item = error.response.get("Item", {})  # type: ignore[assignment]  # the stubs do not know ALL_OLD
            # What is derived may be derived from fewer lines; what came first stays.
            same = old.get("h") == item["h"] or wire["ph"] == Phase.ABANDONED or wire["w"] == PLATFORM
            return Outcome.HELD if same else Outcome.COLLISION
        return Outcome.NEW

    def _list(self, wire: Wire) -> None:
        for item in directory_items(wire):
            key = "\n".join(_pair(item))
            if key not in self._listed:
                self._enter(item)
                self._listed.add(key)

    def _enter(self, item: Item) -> None:
        try:
            self._put(item)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def _put(self, item: Item) -> None:
        self.client.put_item(
            TableName=self.table,
            Item=item,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    def _get(self, keys: Iterable[Item]) -> Iterator[Item]:
        left = list({_pair(key): key for key in keys}.values())
        while left:
            request = {"Keys": left[:_BATCH], "ConsistentRead": True, "ProjectionExpression": "pk, sk, h"}
            answer = self.client.batch_get_item(RequestItems={self.table: request})
            yield from answer["Responses"].get(self.table, ())
            unread = (answer.get("UnprocessedKeys") or {}).get(self.table, {}).get("Keys", [])
            left = [*unread, *left[_BATCH:]]


def with_bytes(item: Item) -> Item:
    """An item as boto3 takes it: B as bytes."""
    return {name: _bytes(value) for name, value in item.items()}


def _bytes(attribute: dict[str, Any]) -> dict[str, Any]:
    if "B" not in attribute:
        return attribute
    return {"B": base64url_bytes(attribute["B"].rstrip("=").replace("+", "-").replace("/", "_"))}


def _phase(wire: Wire, phase: str) -> Wire:
    return {**wire, "ph": phase, "id": event_id(wire["iv"], wire["at"], phase)}


def _key(wire: Wire) -> Item:
    item = to_item(wire)
    return {"pk": item["pk"], "sk": item["sk"]}


def _pair(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]
