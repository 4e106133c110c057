"""`mlfn invoke`: call a model or pipeline and print its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from mlfn.errors import MlfnError, TargetError, UsageError
from mlfn_cli.calling import Answer, call_api, problem_text
from mlfn_cli.output import console, json_option
from mlfn_cli.payload import read_payload
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_deployers.aws.clients import Clients
    from mlfn_engine.values import AppGraph, Deployment, StateMachine


@click.command()
@click.argument("name")
@click.argument("payload", default="-")
@click.option("--direct", is_flag=True, help="Through Lambda's Invoke or Step Functions, not through the API.")
@json_option
@command_options
def invoke(session: Session, name: str, payload: str, direct: bool, as_json: bool) -> None:
    """Call model or pipeline NAME with PAYLOAD: JSON text, @file or - for standard input."""
    from mlfn_cli.compose import graph_of
    from mlfn_deployers import deployer_for
    from mlfn_deployers.aws.clients import Clients

    body = read_payload(payload)
    graph = graph_of(session)
    machine = _machine(graph, name)
    target = session.target()
    deployment = deployer_for(target).describe(graph.app, session.stage)
    if deployment is None:
        raise TargetError(f"{graph.app} is not deployed (stage {session.stage}).", hint="Deploy it with: mlfn deploy")
    clients = Clients(target)
    if direct:
        answer = _direct(clients, graph, deployment, machine, name, body)
    else:
        kind = "pipelines" if machine else "models"
        url = f"{dict(deployment.outputs)['ApiUrl']}/{kind}/{name}"
        answer = call_api(url, body, target, clients.session)
    if not answer.ok:
        raise MlfnError(f"{name} answered {problem_text(answer)}", hint=f"See its log: mlfn logs {name}")
    show(answer, as_json)


def _machine(graph: AppGraph, name: str) -> StateMachine | None:
    """The state machine of a pipeline, None for a model.

    Raises:
        UsageError: the app has neither.
    """
    machines = {machine.pipeline.name: machine for machine in graph.state_machines}
    models = {function.key for function in graph.functions} - {"mlfn-ingress"}
    if name in machines:
        return machines[name]
    if name not in models:
        raise UsageError(
            f"{graph.app} has no model or pipeline {name!r}.",
            hint=f"It has: {', '.join(sorted(models | machines.keys()))}.",
        )
    return None


def _direct(
    clients: Clients, graph: AppGraph, deployment: Deployment, machine: StateMachine | None, name: str, body: bytes
) -> Answer:

    if machine is None:
        answer = clients.functions.invoke(FunctionName=f"{graph.app}-{graph.stage}-{name}:live", Payload=body)
        failed = "FunctionError" in answer
        return Answer(ok=not failed, status=answer["StatusCode"], body=answer["Payload"].read())
    arn = dict(deployment.outputs)[f"{machine.logical_id}StateMachine"]
    text = json.dumps({"input": json.loads(body)})
    if machine.pipeline.mode == "async":
        started: Any = clients.stepfunctions.start_execution(stateMachineArn=arn, input=text)
        return Answer(ok=True, status=202, body=json.dumps({"execution": started["executionArn"]}).encode())
    ended = clients.stepfunctions.start_sync_execution(stateMachineArn=arn, input=text)
    if ended["status"] == "SUCCEEDED":
        return Answer(ok=True, status=200, body=ended["output"].encode())
    problem = {"title": ended.get("error", ended["status"]), "detail": ended.get("cause", "")}
    return Answer(ok=False, status=500, body=json.dumps(problem).encode())


def show(answer: Answer, as_json: bool) -> None:
    """Print an answer: as it came for pipes, laid out for people."""
    out = console()
    if as_json or not out.is_terminal:
        click.echo(answer.body.decode())
        return
    out.print_json(answer.body.decode())
    if record := answer.header("x-mlfn-record"):
        out.print(f"[dim]record {record}[/]")
