"""The sealer at work on table and bucket: each of its steps may be the last one before it is killed.

The object in the bucket is the commit: it is put only if its number is free. What the table holds about sealing
(checkpoint, heads, pointer) is derived from it and written again by whoever finds it missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn.audit.keys import hour_of
from mlfn.errors import AuditError
from mlfn_audit.checkpoint import Sealed
from mlfn_audit.facts import Found, read_facts
from mlfn_audit.sealing import Head, Selection, State, seal, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlfn_audit.bucket import CheckpointBucket
    from mlfn_audit.checkpoint import OpenedCheckpoint
    from mlfn_audit.directory import Item, TableClient
    from mlfn_audit.note import Signer
    from mlfn_audit.sealing import Fact

LOOKBACK = timedelta(minutes=45)
"""Before the last checkpoint: the longest call (15 minutes) and what is put late."""
PATIENCE = timedelta(hours=49)
"""How long a gap may be filled: a day of Lambda's retries of the log reader, twice."""
SWEEP = timedelta(hours=97)
"""How far back the first run of a day looks: what fills a gap after all is found for two days more."""
POINTER = {"pk": {"S": "K#"}, "sk": {"S": "latest"}}
_BATCH = 100
_MONTH_S = 31 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where sealing goes on: after which checkpoint, with records from which time on."""

    previous: OpenedCheckpoint | None
    since: str

    @property
    def number(self) -> int:
        """The number of the last checkpoint, 0 if there is none."""
        return self.previous.checkpoint.number if self.previous else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of the sealer did."""

    checkpoint: OpenedCheckpoint | None
    """The newest, if there is any."""
    sealed: int = 0
    waiting_since: str | None = None
    """When the oldest record was made that a gap in its writer's chain keeps from being sealed."""
    unreadable: int = 0
    """Items that are no records: `verify` names them."""

    def to_json(self) -> dict[str, Any]:
        """The outcome for logs and programs."""
        last = self.checkpoint.checkpoint if self.checkpoint else None
        return {
            "sealed": self.sealed,
            "checkpoint": last.number if last else 0,
            "size": last.size if last else 0,
            "until": last.until if last else None,
            "waiting_since": self.waiting_since,
            "unreadable": self.unreadable,
        }

    def after(self, found: Found, selection: Selection) -> Outcome:
        """The outcome with one more selection."""
        return replace(
            self,
            sealed=self.sealed + len(selection.facts),
            waiting_since=min(filter(None, (self.waiting_since, selection.waiting_since)), default=None),
            unreadable=self.unreadable + found.unreadable,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSealer:
    """Seals one audit table into one bucket."""

    client: TableClient
    table: str
    bucket: CheckpointBucket
    signer: Signer
    models: Callable[[], Iterable[str]]
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def run(self, *, everything: bool = False) -> Outcome:
        """Seal what the table holds and no checkpoint has sealed; `everything`: however old.

        Raises:
            AuditError: a checkpoint in the bucket is not signed by this signer.
        """
        position, outcome = self._recovered(), Outcome(checkpoint=None)
        rest_from: str | None = "" if everything else position.since
        while rest_from is not None:
            now = self.clock()
            found = read_facts(self.client, self.table, self.models(), since=rest_from)
            state = self._state(position.previous, found.facts)
            selection = select(found.facts, state, give_up_before=stamp(now - PATIENCE))
            outcome = outcome.after(found, selection)
            if selection.facts:
                data = seal(selection, position.previous, self.signer, now=stamp(now)).to_bytes()
                self._opened(data)  # what cannot be read must not be put: it could not be taken back
                if not self.bucket.put(position.number + 1, data):
                    return self.run(everything=everything)  # another sealer was first: go on from its checkpoint
                waiting = min(filter(None, (outcome.waiting_since, found.rest_from)), default=None)
                position = Position(previous=self._recorded(data, waiting), since="")
            rest_from = found.rest_from
        return replace(outcome, checkpoint=position.previous)

    def _recovered(self) -> Position:
        """The newest checkpoint, its traces in the table made good, and from when on to read."""
        pointer = self.client.get_item(TableName=self.table, Key=POINTER, ConsistentRead=True).get("Item")
        data = self.bucket.get(int(pointer["n"]["N"])) if pointer else None
        previous = self._opened(data) if data else None
        position = Position(previous=previous, since="")
        behind = False
        while (data := self.bucket.get(position.number + 1)) is not None:
            position, behind = Position(previous=self._recorded(data, None), since=""), True
        waiting = pointer.get("since", {"S": None})["S"] if pointer and not behind else None
        return replace(position, since=_read_from(position.previous, waiting, self.clock(), sweep=behind))

    def _opened(self, data: bytes) -> OpenedCheckpoint:
        try:
            return Sealed.from_bytes(data).opened(self.signer.public_key)
        except ValueError as error:
            raise AuditError(
                f"A checkpoint of {self.table} is not as it was signed: {error}.",
                hint="Run mlfn audit verify; if the signing key is new, give the trail a new bucket.",
            ) from error

    def _recorded(self, data: bytes, waiting: str | None) -> OpenedCheckpoint:
        """Write into the table what a checkpoint in the bucket says."""
        opened = self._opened(data)
        checkpoint = opened.checkpoint
        self.client.put_item(TableName=self.table, Item=checkpoint_item(opened, Sealed.from_bytes(data).note))
        for item in self._marks(opened):
            self._put_newer(item, checkpoint.number)
        since = {"since": {"S": waiting}} if waiting else {}
        self._put_newer({**POINTER, "hour": {"S": hour_of(checkpoint.until)}, **since}, checkpoint.number)
        return opened

    def _marks(self, opened: OpenedCheckpoint) -> Iterator[Item]:
        """The new heads of the writers, and a mark for each loose record."""
        expiry = {"x": {"N": str(opened.checkpoint.expires[1] + _MONTH_S)}}
        heads = self._heads({run.writer for run in opened.contents.runs})
        for run in opened.contents.runs:
            heads[run.writer] = heads.get(run.writer, Head()).with_run(run.first, run.last)
        for writer in sorted({run.writer for run in opened.contents.runs}):
            gaps = [{"S": f"{low}-{high}"} for low, high in heads[writer].gaps]
            yield {**_head_key(writer), "q": {"N": str(heads[writer].sequence)}, "gaps": {"L": gaps}, **expiry}
        for each in opened.contents.loose:
            yield {**_loose_key(each.writer, each.id), **expiry}

    def _put_newer(self, item: Item, number: int) -> None:
        try:
            self.client.put_item(
                TableName=self.table,
                Item=item | {"n": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk) OR #n < :n",
                ExpressionAttributeNames={"#n": "n"},
                ExpressionAttributeValues={":n": {"N": str(number)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def _state(self, previous: OpenedCheckpoint | None, facts: list[Fact]) -> State:
        if previous is None:
            return State()
        loose = [fact for fact in facts if fact.sequence is None]
        keys = [_loose_key(fact.writer, fact.id) for fact in loose]
        marked = {item["sk"]["S"].removeprefix("r#") for item in self._get(keys)}
        return State(previous=previous, heads=self._heads({fact.writer for fact in facts}), loose=frozenset(marked))

    def _heads(self, writers: set[str]) -> dict[str, Head]:
        items = self._get([_head_key(writer) for writer in sorted(writers)])
        return {item["pk"]["S"][2:]: _head(item) for item in items}

    def _get(self, keys: list[Item]) -> Iterator[Item]:
        while keys:
            request = {self.table: {"Keys": keys[:_BATCH], "ConsistentRead": True}}
            answer = self.client.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(self.table, ())
            left = (answer.get("UnprocessedKeys") or {}).get(self.table, {}).get("Keys", [])
            keys = [*left, *keys[_BATCH:]]


def checkpoint_item(opened: OpenedCheckpoint, note: str) -> Item:
    """A checkpoint as the table holds it, for those who may not read the bucket."""
    return {
        "pk": {"S": f"K#{hour_of(opened.checkpoint.until)}"},
        "sk": {"S": f"{opened.checkpoint.number:010d}"},
        "note": {"S": note},
    }


def stamp(moment: datetime) -> str:
    """A moment as records write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read_from(previous: OpenedCheckpoint | None, waiting: str | None, now: datetime, *, sweep: bool) -> str:
    """From when on there may be records that no checkpoint has sealed."""
    if previous is None:
        return ""
    until = datetime.strptime(previous.checkpoint.until, "%Y-%m-%dT%H:%M:%S.%f%z")
    first_of_day = until.date() != now.date()
    usual = min(until, now - SWEEP) if sweep or first_of_day else until - LOOKBACK
    return min(filter(None, (stamp(usual), waiting)))


def _head_key(writer: str) -> Item:
    return {"pk": {"S": f"W#{writer}"}, "sk": {"S": "head"}}


def _loose_key(writer: str, record: str) -> Item:
    return {"pk": {"S": f"W#{writer}"}, "sk": {"S": f"r#{record}"}}


def _head(item: Item) -> Head:
    gaps = [part["S"].split("-") for part in item["gaps"]["L"]]
    return Head(sequence=int(item["q"]["N"]), gaps=tuple((int(low), int(high)) for low, high in gaps))
