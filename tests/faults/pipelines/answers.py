"""P5: many people answer at once while the emulator is killed; each question gets one answer, each answer a record."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.audit_delivery.row import Row
from tests.faults.audit_delivery.trail import END_PHASES, Record, read_records
from tests.fixtures.desk import Desk, desk_at

ANSWERS = (("jane", "approve"), ("joe", "reject"), ("jane", "reject"), ("joe", "approve"))
AT_ONCE = 10
SETTLED_WITHIN_S = 60.0


@dataclass(slots=True, kw_only=True)
class Asked:
    """A question, and what its answers were answered with."""

    run: str
    question: str
    statuses: Counter[int] = field(default_factory=Counter)
    output: str = ""


def answers_under_kills(folder: Path, *, questions: int, seed: int) -> Row:
    """So many questions, ten at a time; the emulator is killed in the middle of every second ten."""
    began, rng = time.monotonic(), Random(seed)
    desk, kills, asked = desk_at(folder), 0, []
    try:
        for first in range(0, questions, AT_ONCE):
            batch = _ask(desk, min(AT_ONCE, questions - first))
            kills += _answer(desk, batch, rng, is_killed=(first // AT_ONCE) % 2 == 1)
            asked += batch
        problems = _settled(desk, asked)
    finally:
        desk.stop()
    statuses = sum((each.statuses for each in asked), Counter[int]())
    told = ", ".join(f"{count} × {status or 'no answer'}" for status, count in sorted(statuses.items()))
    found, took_s = f"{told}; {kills} kills", time.monotonic() - began
    scenario = "people answer at once, the emulator is killed"
    return Row(id="P5", scenario=scenario, calls=questions, found=found, took_s=took_s, problems=problems)


def _ask(desk: Desk, count: int) -> list[Asked]:
    runs = [desk.ask("issue", f"topic {number}") for number in range(count)]
    return [Asked(run=run, question=desk.waiting(run)[0]["id"]) for run in runs]


def _answer(desk: Desk, batch: list[Asked], rng: Random, *, is_killed: bool) -> int:
    """Let four answers a question race; who got none after a kill asks again. The number of kills."""
    tries = [(each, *answer) for each in batch for answer in ANSWERS]
    rng.shuffle(tries)
    kill_at = rng.randrange(len(tries) // 4, len(tries) // 2) if is_killed else -1
    with ThreadPoolExecutor(4) as pool:
        going = []
        for number, each in enumerate(tries):
            going.append(pool.submit(_once, desk, *each))
            if number == kill_at:
                going[number // 2].result()  # some have been answered, some are under way
                desk.crash()
        unanswered = [each for each, done in zip(tries, going, strict=True) if done.result() == 0]
    for each in unanswered:
        _once(desk, *each)
    for asked in batch:
        asked.output = json.loads(desk.ended(asked.run, "issue")["output"])
    return int(is_killed)


def _once(desk: Desk, asked: Asked, person: str, said: str) -> int:
    try:
        status, _ = desk.answer(person, asked.question, said, f"{said} by {person}")
    except (OSError, HTTPException, ValueError):
        status = 0
    asked.statuses[status] += 1
    return status


def _settled(desk: Desk, asked: list[Asked]) -> list[str]:
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        records, wrong = read_records(desk.client("dynamodb"))
        problems = [*wrong, *_wrong(desk, asked, records)]
        if not problems or time.monotonic() > deadline:
            return problems
        desk.client("lambda").invoke(FunctionName="mlfn-reaper-dev", Payload=b"{}")
        time.sleep(0.2)


def _wrong(desk: Desk, asked: list[Asked], records: list[Record]) -> Iterator[str]:
    table = desk.client("dynamodb")
    for each in asked:
        arn = f"arn:aws:states:us-east-1:000000000000:execution:desk-dev-issue:{each.run}"
        item = table.get_item(TableName="desk-dev-approvals", Key={"id": {"S": each.question}})["Item"]
        by, answer = item["decided_by"]["S"], item["answer"]["S"]
        person = by.rpartition("/")[2]
        expected = f", by {by}" if answer == "approved" else f"reject by {person}, by nobody"
        if not each.output.endswith(expected):
            yield f"{each.run} ended with {each.output!r} after {by} has {answer} it"
        if each.statuses[200] > 1:
            yield f"{each.run} took {each.statuses[200]} answers"
        yield from _unrecorded(each, [record for record in records if record.get("ex") == arn], by)


def _unrecorded(asked: Asked, records: list[dict[str, Any]], by: str) -> Iterator[str]:
    """The answer that stands has its record; so has each answer that was turned away."""
    tries = [each for each in records if each["ph"] in END_PHASES and each["pt"] == "http_iam" and "sn" in each]
    taken = [each for each in tries if each.get("os") in ("approved", "rejected")]
    if len(taken) > 1 or any(each["ca"] != by for each in taken):
        yield f"{asked.run} has {len(taken)} decisions on record, of {[each['ca'] for each in taken]}"
    if len(taken) != asked.statuses[200] and not asked.statuses[0]:
        yield f"{asked.run} took {asked.statuses[200]} answers and has {len(taken)} on record"
    answered = sum(count for status, count in asked.statuses.items() if status)
    if len(tries) < answered:
        yield f"{asked.run} answered {answered} times and has {len(tries)} records"
