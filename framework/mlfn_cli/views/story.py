"""The whole story of a call, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from mlfn_audit.query import timestamp
from mlfn_cli.views.calls import (
    ASSURANCE,
    as_json,
    record_as_json,
    status_text,
    told,
    took,
    version_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from mlfn.audit.record import AuditRecord
    from mlfn_audit.query import CallRow
    from mlfn_audit.record_proofs import Seal
    from mlfn_audit.runs import Step

SHOWN = 40
"""Calls below one of a tree, at most, that are shown one by one; failures always are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A call, its attempts, and the run of a pipeline it belongs to."""

    record: AuditRecord
    seal: Seal
    attempts: tuple[CallRow, ...]
    run: tuple[Step, ...]

    @property
    def call(self) -> CallRow:
        """The attempt that the record is of."""
        return next(row for row in self.attempts if self.record.attempt == row.record.attempt)


def story_as_json(story: Story) -> dict[str, Any]:
    """Everything there is to say, for programs."""
    seal = story.seal
    return {
        **record_as_json(story.record),
        "status": story.call.status,
        "intact": seal.problem is None,
        **({"problem": seal.problem} if seal.problem else {}),
        "checkpoint": {"number": seal.checkpoint, "until": seal.sealed_at} if seal.checkpoint else None,
        "phases": [record_as_json(phase) for phase in story.call.phases],
        "attempts": [as_json(row) for row in story.attempts],
        "run": [_step_as_json(step) for step in story.run],
    }


def story_as_text(story: Story) -> RenderableType:
    """The same for people: facts, phases, attempts, and the run as a tree."""
    parts: list[RenderableType] = [_fact(name, text) for name, text in _facts(story)]
    if story.run:
        parts += ["", run_as_tree(story.run, story.record)]
    return Group(*parts)


def _fact(name: str, text: str | Text) -> Text:
    """A line as long as it is: a terminal that is too narrow goes on in the next, and nothing is cut."""
    return Text(f"{name:<12}", style="bold").append(
        text if isinstance(text, Text) else Text(told(text), style="not bold")
    )


def run_as_tree(run: Sequence[Step], asked: AuditRecord) -> Tree:
    """A run of a pipeline, each call below the one whose result it took; the one that was asked for is marked."""
    began = datetime.fromisoformat(run[0].row.record.started_at)
    tree = Tree(Text(told(f"run {asked.execution}")), guide_style="dim")
    waiting = [(tree, step) for step in _shown(tree, run)][::-1]
    while waiting:
        above, step = waiting.pop()
        branch = above.add(_step_text(step, asked, began))
        waiting += [(branch, below) for below in _shown(branch, step.children)][::-1]
    return tree


def _shown(tree: Tree, steps: Sequence[Step]) -> list[Step]:
    """The steps that are shown; of the others the tree says how many there are."""
    if len(steps) <= SHOWN:
        return list(steps)
    shown = [step for number, step in enumerate(steps) if number < SHOWN or step.row.status != "ok" or step.children]
    if left := len(steps) - len(shown):
        tree.add(Text(f"… {left:,} more, all ok", style="dim"))
    return shown


def _step_text(step: Step, asked: AuditRecord, began: datetime) -> Text:
    record = step.row.record
    later = (datetime.fromisoformat(record.started_at) - began).total_seconds() * 1000
    text = Text(told(record.state or record.model), style="bold" if record.attempt == asked.attempt else "")
    text.append_text(Text("  ")).append_text(status_text(step.row))
    what = f"{record.model} {version_text(record)}" if record.state else version_text(record)
    words = [*_decision(step.row), took(record), f"+{later:,.1f} ms", what, *_repeats(record)]
    if step.also_after:
        words.append(f"also after {', '.join(each[:8] for each in step.also_after)}")
    words.append(record.id)
    text.append(told("".join(f"  {word}" for word in words)), style="dim")
    return text.append("  ◀" if record.attempt == asked.attempt else "")


def _decision(row: CallRow) -> Iterator[str]:
    """Of a step that a person took: what was decided, and by whom."""
    if row.record.state and row.record.path != "sfn":
        yield f"{row.record.summary or 'tried'} by {_caller(row.confirmed)}"


def _repeats(record: AuditRecord) -> Iterator[str]:
    if record.retry:
        yield f"retry {record.retry}"
    if record.redrive:
        yield f"redrive {record.redrive}"


def _facts(story: Story) -> Iterator[tuple[str, str | Text]]:
    record, row = story.record, story.call
    yield "record", record.id
    yield "", _seal_text(story.seal)
    yield "status", status_text(row)
    yield "model", f"{record.model}, version {record.function_version or '–'}, image {record.version}"
    for name, digest in (("artifact", record.artifact), ("image", record.image)):
        if digest:
            yield name, f"sha256:{digest.hex()}"
    yield "function", _joined(record.function, record.alias and f"alias {record.alias}", record.path)
    yield "caller", _caller(row.confirmed)
    if row.confirmed.id != record.id:
        yield "", _joined(row.confirmed.summary, f"recorded as {_caller(record)}")
    if record.is_copy:
        yield "copy of", _joined(*record.parents or ())
    if record.source_ip or record.user_agent:
        yield "from", _joined(record.source_ip, record.user_agent)
    yield from _times(row)
    yield from _data(record)
    if len(story.attempts) > 1:
        yield from (("attempt", _attempt_text(each)) for each in story.attempts)
    yield "invocation", record.invocation
    number = "no number" if record.sequence is None else f"number {record.sequence}"
    yield "chain", f"writer {record.writer}, {number}"
    if record.trace:
        yield "trace", record.trace


def _times(row: CallRow) -> Iterator[tuple[str, str]]:
    record = row.record
    yield "began", _moment(record.started_at)
    if record.ended_at:
        yield "ended", f"{_moment(record.ended_at)}, after {took(record)}"
    notes = ["cold start" if record.cold_start else "", f"{record.memory_mb} MB" if record.memory_mb else ""]
    if record.deadline_ms:
        notes.append(f"deadline {_moment(timestamp(datetime.fromtimestamp(record.deadline_ms / 1000, UTC)))}")
    if told_notes := _joined(*notes, *_repeats(record)):
        yield "", told_notes
    yield "phases", " → ".join(phase.phase for phase in row.phases)


def _data(record: AuditRecord) -> Iterator[tuple[str, str]]:
    if record.input_digest:
        under = f", HMAC under data key {record.data_key}" if record.data_key else ""
        yield "input", _joined(_bytes(record.input_bytes), f"{record.input_digest.hex()}{under}")
    yield from (("data", each) for each in record.data or ())
    if record.output_digest:
        yield "result", _joined(_bytes(record.output_bytes), record.output_digest.hex())
    if record.summary:
        yield "summary", record.summary
    if record.payload:
        yield "payload", f"{record.payload} ({record.capture})"
    if record.stack_digest:
        yield "stack", record.stack_digest.hex()


def _seal_text(seal: Seal) -> Text:
    if seal.problem:
        return Text(f"altered: {told(seal.problem)}", style="red")
    if seal.checkpoint is None:
        return Text("intact, not sealed yet")
    return Text(f"intact, sealed by checkpoint {seal.checkpoint} at {_moment(seal.sealed_at or '')}", style="green")


def _caller(record: AuditRecord) -> str:
    assurance = ASSURANCE[record.assurance or 0]
    return f"{record.caller or 'unknown'} ({_joined(record.caller_type, assurance)})"


def _attempt_text(row: CallRow) -> Text:
    text = status_text(row)
    return text.append(f"  {_moment(row.record.started_at)}  {took(row.record)}  {row.record.id}")


def _bytes(count: int | None) -> str:
    return "" if count is None else f"{count:,} bytes"


def _moment(time: str) -> str:
    return f"{time[:26].replace('T', ' ').removesuffix('Z')} UTC"


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _step_as_json(step: Step) -> dict[str, Any]:
    record = step.row.record
    return {
        "id": record.id,
        "model": record.model,
        "state": record.state,
        "status": step.row.status,
        "summary": record.summary,
        "caller": step.row.confirmed.caller,
        "caller_assurance": step.row.confirmed.assurance,
        "started_at": record.started_at,
        "duration_us": record.duration_us,
        "version": record.version,
        "function_version": record.function_version,
        "retry": record.retry or 0,
        "also_after": list(step.also_after),
        "children": [_step_as_json(child) for child in step.children],
    }
