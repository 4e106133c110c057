"""Call a deployed model or pipeline through AWS's own operations instead of its API."""

from __future__ import annotations

import json
import warnings
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from mlfn.client.credentials import Issued, Wallet
from mlfn.client.large import fits_invoke, followed, in_place_of, placed
from mlfn.client.profile import Profile
from mlfn.client.proving import Prover, calling_context, function_arn, own_account
from mlfn.client.sending import Sender
from mlfn.errors import CallRefusedError
from mlfn.ingress.executions import Outcome, execution_arn
from mlfn.ingress.outcomes import Failure
from mlfn.runtime.calls import MARK_BYTES, REFERENCE, UPLOAD
from mlfn.runtime.sigv4 import Credentials
from mlfn_cli.calling.calls import Answer, problem_text
from mlfn_cli.calling.references import resolved_directly
from mlfn_cli.output import messages
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.values import StateMachine, Target


def call_model(clients: Clients, target: Target, function: str, payload: bytes) -> Answer:
    """What a model's function says to direct callers; the call says who makes it, where STS vouches for that."""
    context = calling_context(proof_of_caller(clients, target, function))

    def invoke(sent: bytes) -> Answer:
        answer = clients.functions.invoke(FunctionName=f"{function}:live", Payload=sent, ClientContext=context)
        return Answer(ok="FunctionError" not in answer, status=answer["StatusCode"], body=answer["Payload"].read())

    def ask(about: bytes) -> bytes:
        return accepted(function, invoke(in_place_of(UPLOAD, about)))

    if not fits_invoke(payload):
        payload = in_place_of(REFERENCE, placed(function, payload, ask))
    answer = invoke(payload)
    return replace(answer, body=followed(function, answer.body)) if answer.ok else answer


def accepted(name: str, answer: Answer) -> bytes:
    """What was answered to the question where to put an input.

    Raises:
        CallRefusedError: nowhere.
    """
    if not answer.ok:
        raise CallRefusedError(
            f"{name} takes no such input: {problem_text(answer)}", hint="See docs/pipelines.md, large values."
        )
    return answer.body


def proof_of_caller(clients: Clients, target: Target, function: str) -> str | None:
    """The proof that `mlfn.Client` would send; None, and told why, where STS gives no token."""
    found = clients.session.get_credentials()
    if found is None:
        return None  # the call itself says so
    keys = found.get_frozen_credentials()
    wallet = Wallet(lambda: Issued(credentials=Credentials(keys.access_key or "", keys.secret_key or "", keys.token)))
    settings = {"endpoint_url": target.endpoint_url} if target.endpoint_url else {}
    sender = Sender(Profile(name="", settings=settings, environ={}), wallet, target.region)
    with closing(sender), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        arn = function_arn(target.region, target.account_id or own_account(sender), function)
        token = Prover(sender, required=False).proof(arn)
    for each in told:
        messages().print(f"[dim]{escape(str(each.message))}[/]")
    return token


def answering_definition(clients: Clients, front_door: str, pipeline: str) -> str | None:
    """The state machine version that a pipeline's callers reach through the API; a rollback moves it, too."""
    found = clients.functions.get_function_configuration(FunctionName=front_door, Qualifier="live")
    machines: dict[str, str] = json.loads(found["Environment"]["Variables"].get("MLFN_STATE_MACHINES", "{}"))
    return machines.get(pipeline)


def with_large_values(clients: Clients, front_door: str, app: str, answer: Answer) -> Answer:
    """A pipeline's answer with what of it is kept in the stage's bucket, as its front door would give it."""
    if MARK_BYTES not in answer.body:
        return answer
    found = clients.functions.get_function_configuration(FunctionName=front_door, Qualifier="live")
    bucket = found["Environment"]["Variables"]["MLFN_DATA_BUCKET"]
    return replace(answer, body=resolved_directly(clients, bucket, app, answer.body))


def start_machine(clients: Clients, machine: StateMachine, arn: str, payload: bytes) -> Answer:
    """What a run of a pipeline gives: its output, or for asynchronous ones the execution to ask about."""
    text = json.dumps({"input": json.loads(payload)})
    if machine.pipeline.mode is PipelineMode.ASYNC:
        started = clients.stepfunctions.start_execution(stateMachineArn=arn, input=text)
        return _answer(202, {"execution": started["executionArn"], "status": "RUNNING"})
    ended: Any = clients.stepfunctions.start_sync_execution(stateMachineArn=arn, input=text)
    if ended["status"] == "SUCCEEDED":
        return Answer(ok=True, status=200, body=ended["output"].encode())
    failure = Failure(Outcome(ended))
    return _answer(failure.status, {"title": failure.error_type, "detail": failure.detail})


def ask_machine(clients: Clients, arn: str, execution: str) -> Answer:
    """How a run of an asynchronous pipeline is, in the form that its API answers."""
    run: Any = clients.stepfunctions.describe_execution(executionArn=execution_arn(arn, execution))
    outcome = Outcome(run)
    told: dict[str, object] = {"execution": execution, "status": outcome.status}
    if outcome.status == "SUCCEEDED":
        told["output"] = json.loads(outcome.output or "null")
    elif outcome.status != "RUNNING":
        failure = Failure(outcome)
        told |= {"error": failure.error_type, "detail": failure.detail}
    return _answer(200, told)


def _answer(status: int, body: Mapping[str, object]) -> Answer:
    return Answer(ok=status < 400, status=status, body=json.dumps(body, ensure_ascii=False).encode())
