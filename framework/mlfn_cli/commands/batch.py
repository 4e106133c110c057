"""`mlfn batch`: a pipeline over the lines of a file."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlfn.errors import MlfnError, UsageError
from mlfn_cli.calling.batch_runs import BatchRun
from mlfn_cli.calling.batches import Batch, run_batch
from mlfn_cli.calling.callee import callee_of, machine_of
from mlfn_cli.output import json_option, messages, print_json
from mlfn_cli.session import Session, command_options
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_cli.calling.callee import Callee
    from mlfn_cli.calling.calls import Answer
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.values import Target

PAUSE_S = 0.3
"""Between two questions how an asynchronous run is."""
ACCEPTED = 202
BUSY, PAUSES_S = (429, 503), (1, 2, 4, 8)
"""Answers that say: later; and how much later."""


@click.command()
@click.argument("name")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--output",
    "-o",
    "--out",
    "out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where results go, as JSONL.",
)
@click.option("--at-once", default=8, show_default=True, type=click.IntRange(1, 100), help="Calls at the same time.")
@click.option("--again", is_flag=True, help="Also call again what failed before.")
@json_option
@command_options
def batch(session: Session, name: str, source: Path, out: Path, at_once: int, again: bool, as_json: bool) -> None:
    """Call model or pipeline NAME for each line of SOURCE, a JSON document each.

    Results come as they are ready: {"line", "output"} or {"line", "error", "detail"}. Started again with the same
    --output, it goes on with the lines that have none. A pipeline with mode="batch" gets the lines as a whole; its run
    goes on without this command, which finds it again by the file OUT.run.
    """
    from mlfn_cli.deploying.compose import graph_of
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated

    graph = graph_of(session)
    machine, target = machine_of(graph, name), session.target()
    if out.resolve() == source.resolve():
        raise UsageError("--output is the file with the inputs.", hint="Give --output another file.")
    work = Batch(source=source, results=out)
    failed_before = frozenset(line for line, ok in work.done().items() if not ok)
    waiting = work.waiting(failed_before if again else frozenset())
    work.prepare()
    callee = callee_of(graph, name, machine, target)
    with translated(target):
        clients = Clients(target)
        if machine is not None and machine.pipeline.mode is PipelineMode.BATCH:
            run = BatchRun(callee=callee, clients=clients, target=target, work=work, at_once=at_once)
            endings = run.endings(waiting)
        else:
            call = Caller(callee=callee, clients=clients, target=target)
            endings = list(_watched(run_batch(work, waiting, call, at_once), len(waiting)))
    _tell(endings, 0 if again else len(failed_before), out, as_json=as_json)


def _tell(endings: list[bool], failed_before: int, out: Path, *, as_json: bool) -> None:
    """How many lines were called and failed; a line that failed before, and was not called again, is no success.

    Raises:
        MlfnError: lines have no output.
    """
    failed = endings.count(False)
    if as_json:
        print_json({"called": len(endings), "failed": failed, "failed_before": failed_before, "results": out})
    else:
        before = f", {failed_before} had failed before" if failed_before else ""
        messages().print(f"{len(endings)} called, {failed} failed{before}; results are in {out}.", markup=False)
    hint = f"See {out}; call them again with --again."
    if failed:
        raise MlfnError(f"{failed} of {len(endings)} lines failed.", hint=hint)
    if failed_before:
        raise MlfnError(f"{failed_before} of the lines that were called before failed.", hint=hint)


def _watched(endings: Iterator[bool], total: int) -> Iterable[bool]:
    """The endings as they come, with a bar on a terminal."""
    from rich.progress import track

    out = messages()
    return track(endings, "calling", total=total, console=out, disable=not out.is_terminal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Calls a deployed model or pipeline with one line."""

    callee: Callee
    clients: Clients
    target: Target

    def __call__(self, body: bytes) -> dict[str, Any]:
        """What it gave: its output, or the error it ended by."""
        answer = self._ask(body, None)
        for pause_s in PAUSES_S:
            if answer.status not in BUSY:
                break
            time.sleep(pause_s)
            answer = self._ask(body, None)
        told = json.loads(answer.body or b"null")
        if not answer.ok:
            return {"error": told.get("title", answer.status), "detail": told.get("detail", "")}
        return self._followed(str(told["execution"])) if answer.status == ACCEPTED else {"output": told}

    def _followed(self, execution: str) -> dict[str, Any]:
        """How an asynchronous run ended."""
        told: dict[str, Any] = {"status": "RUNNING"}
        while told.get("status") == "RUNNING":
            time.sleep(PAUSE_S)
            answer = self._ask(None, execution)
            told = json.loads(answer.body)
            if not answer.ok:
                return {"error": told.get("title", answer.status), "detail": told.get("detail", "")}
        if "output" in told:
            return {"output": told["output"]}
        return {"error": told.get("error", told["status"]), "detail": told.get("detail", "")}

    def _ask(self, body: bytes | None, execution: str | None) -> Answer:
        return self.callee.through_api(self.clients, self.target, body, execution)
