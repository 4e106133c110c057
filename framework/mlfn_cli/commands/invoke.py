"""`mlfn invoke`: call a model or pipeline and print its answer."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from mlfn.client.blobs import content_of, is_blob
from mlfn.errors import MlfnError, UsageError
from mlfn.runtime.answers import RECORD_HEADER
from mlfn_cli.calling.callee import callee_of, machine_of, takes_blobs
from mlfn_cli.calling.calls import Answer, problem_text
from mlfn_cli.calling.numeric_payload import PayloadCommand
from mlfn_cli.calling.payload import read_payload
from mlfn_cli.output import console, json_option, messages
from mlfn_cli.session import Session, command_options
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from typing import Unpack

    from mlfn.client.blobs import Ask
    from mlfn_engine.values import StateMachine


class Options(TypedDict):
    """How to call, and what with the answer."""

    direct: bool
    execution: str | None
    save: Path | None


@click.command(cls=PayloadCommand)
@click.argument("name")
@click.argument("payload", default="-")
@click.option("--direct", is_flag=True, help="Through Lambda's Invoke or Step Functions, not through the API.")
@click.option("--execution", default=None, help="Call nothing: ask how this run of an asynchronous pipeline is.")
@click.option(
    "--output",
    "-o",
    "--save",
    "save",
    type=click.Path(path_type=Path),
    default=None,
    help="Write the Blob it gives to this file.",
)
@json_option
@command_options
def invoke(session: Session, name: str, payload: str, as_json: bool, **options: Unpack[Options]) -> None:
    """Call model or pipeline NAME with PAYLOAD: JSON text, @file or - for standard input; @page.png is a Blob."""
    from mlfn_cli.deploying.compose import graph_of
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated

    direct, execution = options["direct"], options["execution"]
    graph = graph_of(session)
    machine = machine_of(graph, name)
    if execution and (machine is None or machine.pipeline.mode is not PipelineMode.ASYNC):
        raise UsageError(f"{name} is no asynchronous pipeline.", hint='Only mode="async" has runs to ask about.')
    if machine is not None and machine.pipeline.mode is PipelineMode.BATCH:
        raise UsageError(f"{name} is a batch pipeline.", hint=f"Run it: mlfn batch {name} in.jsonl --output out.jsonl")
    body = None if execution else read_payload(payload, takes_blobs=takes_blobs(graph, name))
    target = session.target()
    callee = callee_of(graph, name, machine, target)
    with translated(target):
        clients = Clients(target)
        run = execution.rsplit(":", 1)[-1] if execution else None
        answer = (callee.directly if direct else callee.through_api)(clients, target, body, run)
    if not answer.ok:
        raise MlfnError(f"{name} answered {problem_text(answer)}", hint=next_step(name, answer, machine))
    if options["save"] is None:
        show(answer, as_json)
    else:
        save(answer, options["save"], callee.name, callee.blobs(clients, target))


def save(answer: Answer, path: Path, name: str, ask: Ask) -> None:
    """Write the content of the blob that is an answer, or an asynchronous run's output, to a file.

    Raises:
        UsageError: it is none, or the file cannot be written.
    """
    value = json.loads(answer.body)
    told: Any = value if is_blob(value) or not isinstance(value, dict) else value.get("output")
    content = content_of(name, told, ask)
    if content is None:
        raise UsageError(f"The answer of {name} is no Blob.", hint="Leave --output out to see it.")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.", hint="Check the path after --output.") from error
    messages().print(f"✓ {told['content_type']}, {len(content):,} bytes: {path}", markup=False)


def next_step(name: str, answer: Answer, machine: StateMachine | None) -> str:
    """Where to look: callers' mistakes are in the contract, others in the log or in the run's records."""
    if answer.status == HTTPStatus.NOT_FOUND and answer.header(RECORD_HEADER) is None:
        return "It may not be deployed: mlfn status shows what is, mlfn deploy changes it."
    if answer.status in (400, 415):
        return "See what it takes: mlfn openapi"
    if problem_text(answer).startswith("ModuleNotFoundError"):
        return "Name the package that has it in requirements=, and deploy; mlfn check tells which are lacking."
    if machine is None and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.header(RECORD_HEADER) is None:
        return f"It took too long, ran out of memory or ended itself; which of them, its log says: mlfn logs {name}"
    return f"See its runs' steps: mlfn audit {name}" if machine else f"See its log: mlfn logs {name}"


def show(answer: Answer, as_json: bool) -> None:
    """Print an answer: as it came for pipes, laid out for people, with the id of its audit record beside it."""
    out = console()
    if as_json or not out.is_terminal:
        click.echo(answer.body.decode())
        return
    out.print_json(answer.body.decode())
    if record := answer.header(RECORD_HEADER):
        messages().print(f"[dim]record {record}[/]")
