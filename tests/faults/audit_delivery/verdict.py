"""The ledger and the table, compared by set difference."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.faults.audit_delivery.ledger import Answer, Ledger
from tests.faults.audit_delivery.trail import END_PHASES, Record, broken_chains


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a load of calls; all lists but the counts must be empty."""

    dispatched: int
    ran: int
    answered: int
    refused: int
    unanswered: frozenset[int]
    unrecorded: list[str] = field(default_factory=list)
    """Runs of the model of which the table holds no record."""
    incomplete: list[str] = field(default_factory=list)
    """Answers without a completed record of just this answer; refusals without any record."""
    endless: list[str] = field(default_factory=list)
    """Calls of which the table does not say how they ended."""
    duplicates: list[str] = field(default_factory=list)
    """Attempts with two ends, or calls with two attempts."""
    strange: list[str] = field(default_factory=list)
    """Records of calls nobody made, or of runs that were not, and items that are no records."""
    chains: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Everything that is wrong."""
        kinds = {
            "ran without a record": self.unrecorded,
            "answered without its record": self.incomplete,
            "without an end": self.endless,
            "duplicate": self.duplicates,
            "strange": self.strange,
            "chain": self.chains,
        }
        return [f"{kind}: {text}" for kind, texts in kinds.items() for text in texts]


def judge(ledger: Ledger, records: list[Record], wrong: list[str], key: bytes | None = None) -> Verdict:
    """Compare what happened with what the table says; digests are under the data key, if there is one."""
    calls, answers = ledger.dispatched(), ledger.answered()
    ran = {number for number, _ in ledger.ran()}
    known: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        known[record["iv"]].append(record)
    returned = {number for number, answer in answers.items() if answer.kind == "response"}
    return Verdict(
        dispatched=len(calls),
        ran=len(ran),
        answered=len(returned),
        refused=len(answers) - len(returned),
        unanswered=frozenset(set(calls) - set(answers)),
        unrecorded=[f"call {number}" for number in sorted(ran) if not known[calls[number]]],
        incomplete=[f"call {number}" for number in answers if not _holds(known[calls[number]], answers[number], key)],
        endless=[f"call {number}" for number in sorted(calls) if not _ends(known[calls[number]])],
        duplicates=_duplicates(records),
        strange=[*wrong, *_strangers(calls, ran, records)],
        chains=broken_chains(records),
    )


def _holds(records: list[Record], answer: Answer, key: bytes | None) -> bool:
    """Whether one of a call's records is that of its answer."""
    if answer.kind != "response":
        return _ends(records)
    body = answer.body
    digest = hashlib.sha256(body).digest() if key is None else hmac.digest(key, body, "sha256")
    expected = urlsafe_b64encode(digest).decode().rstrip("=")
    return any(record["ph"] == "completed" and record.get("oh") == expected for record in records)


def _ends(records: list[Record]) -> bool:
    return any(record["ph"] in END_PHASES for record in records)


def _duplicates(records: list[Record]) -> list[str]:
    ends = Counter(record["iv"] for record in records if record["ph"] in END_PHASES)
    phases = Counter((record["iv"], record["ph"]) for record in records)
    twice = [f"call {invocation} has {count} ends" for invocation, count in ends.items() if count > 1]
    return twice + [
        f"{phase} of {invocation} {count} times" for (invocation, phase), count in phases.items() if count > 1
    ]


def _strangers(calls: dict[int, str], ran: set[int], records: list[Record]) -> list[str]:
    numbers = {invocation: number for number, invocation in calls.items()}
    unknown = [f"nobody made {record['iv']}" for record in records if record["iv"] not in numbers]
    completed = {numbers[record["iv"]] for record in records if record["ph"] == "completed" and record["iv"] in numbers}
    return unknown + [f"call {number} is completed but never ran" for number in sorted(completed - ran)]
