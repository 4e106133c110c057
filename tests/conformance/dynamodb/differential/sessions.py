"""Sessions of random requests, made of both and compared answer by answer."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from tests.conformance.dynamodb.differential.answers import comparable, normal, why_different
from tests.conformance.dynamodb.differential.legacy import LEGACY
from tests.conformance.dynamodb.differential.mistakes import mistaken
from tests.conformance.dynamodb.differential.requests import MODERN, Draw, Request, items
from tests.conformance.dynamodb.differential.statements import STATEMENTS
from tests.conformance.dynamodb.differential.tables import SHAPES, Shape

if TYPE_CHECKING:
    from tests.conformance.dynamodb.differential.peers import Call

_KINDS = (*MODERN, *LEGACY, *LEGACY, *STATEMENTS, *STATEMENTS)
_MAX_PAGES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A table, what is in it, and what is asked of it."""

    shape: Shape
    items: list[dict[str, Any]]
    requests: list[Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A request that both do not answer in the same way."""

    operation: str
    params: dict[str, Any]
    ours: Any
    theirs: Any
    before: tuple[Request, ...] = ()
    """What was asked before, in the same session."""

    def __str__(self) -> str:
        asked = [*self.before, (self.operation, self.params)]
        request = "\n".join(f"{operation} {json.dumps(params, ensure_ascii=False)}" for operation, params in asked)
        return f"{request}\n  ours   {self.ours}\n  theirs {self.theirs}"


@dataclass(slots=True, kw_only=True)
class Differential:
    """Both, and what was seen of them."""

    ours: Call
    theirs: Call
    compared: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    found: list[Disagreement] = field(default_factory=list)
    """One for each kind of answers that differ."""
    kinds: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _now: list[Disagreement] = field(default_factory=list)
    _asked: list[Request] = field(default_factory=list)
    _spoilt: bool = False
    """Whether DynamoDB Local has done what it refused (a batch of statements), or what was to be refused."""

    def prepare(self) -> None:
        """Make the tables."""
        for shape in SHAPES:
            for call in (self.ours, self.theirs):
                call("DeleteTable", {"TableName": shape.name})
                status, body = call("CreateTable", shape.definition)
                if status != 200:
                    raise AssertionError(body)

    def run(self, session: Session) -> list[Disagreement]:
        """Every request of a session, and then the table as a whole; gives what differs."""
        self._now.clear()
        self._asked.clear()
        self._spoilt = False
        for item in session.items:
            self._both("PutItem", {"TableName": session.shape.name, "Item": item})
        for operation, params in session.requests:
            if not self._spoilt:
                self._both(operation, params)
        self._compare_contents(session.shape)
        return list(self._now)

    def _both(self, operation: str, params: dict[str, Any]) -> None:
        self._asked.append((operation, params))
        answers = [_answer(call, operation, params) for call in (self.ours, self.theirs)]
        ours, theirs = answers
        self.compared[operation] += 1
        self.refused[operation] += isinstance(ours, tuple)
        self._spoilt |= operation == "BatchExecuteStatement" and isinstance(theirs, tuple)
        self._spoilt |= isinstance(ours, tuple) and not isinstance(theirs, tuple)
        if ours == theirs:
            return
        why = why_different(ours, theirs)
        if why is not None:
            self.known[why] += 1
        else:
            before = () if isinstance(ours, tuple) and isinstance(theirs, tuple) else tuple(self._asked[:-1])
            self._note(Disagreement(operation=operation, params=params, ours=ours, theirs=theirs, before=before))

    def _note(self, found: Disagreement) -> None:
        kind = (
            found.operation,
            *(str(each[1]) if isinstance(each, tuple) else "" for each in (found.ours, found.theirs)),
        )
        self.kinds[kind] += 1
        self._now.append(found)
        if self.kinds[kind] == 1:
            self.found.append(found)

    def _compare_contents(self, shape: Shape) -> None:
        """The table as it is now, in both; and then nothing is left of it."""
        scan = {"TableName": shape.name}
        contents = [call("Scan", scan)[1]["Items"] for call in (self.ours, self.theirs)]
        shown = [sorted(json.dumps(normal(item), sort_keys=True) for item in each) for each in contents]
        if shown[0] != shown[1] and not self._spoilt:
            asked = tuple(self._asked)
            self._note(Disagreement(operation="Scan", params=scan, ours=shown[0], theirs=shown[1], before=asked))
        for call, each in zip((self.ours, self.theirs), contents, strict=True):
            for item in each:
                call("DeleteItem", {"TableName": shape.name, "Key": shape.key_of(item)})


def _answer(call: Call, operation: str, params: dict[str, Any]) -> Any:
    """One answer; of a Query and a Scan all pages, since the partitions of a table have no order."""
    if operation not in ("Query", "Scan"):
        return comparable(params, *call(operation, params))
    found: list[str] = []
    scanned = 0
    request = params
    for _ in range(_MAX_PAGES):
        status, body = call(operation, request)
        last = body.get("LastEvaluatedKey")
        answer = comparable(request, status, body)
        if isinstance(answer, tuple):
            return answer
        found += [json.dumps(item, sort_keys=True) for item in answer.get("Items", ())]
        scanned += answer["ScannedCount"]
        if last is None:
            break
        request = {**params, "ExclusiveStartKey": last}
    ordered = operation == "Query" and "IndexName" not in params
    return {"Items": found if ordered else sorted(found), "ScannedCount": scanned, "Select": "Items" in answer}


@st.composite
def sessions(draw: Draw) -> Session:
    """A session; a third of its requests have a mistake."""
    shape = draw(st.sampled_from(SHAPES))
    found = draw(st.lists(items(shape), min_size=1, max_size=4))
    requests = []
    for _ in range(draw(st.integers(1, 4))):
        request = draw(draw(st.sampled_from(_KINDS))(shape))
        requests.append(draw(mistaken(request)) if draw(st.integers(0, 2)) == 0 else request)
    return Session(shape=shape, items=found, requests=requests)
