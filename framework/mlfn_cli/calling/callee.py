"""A deployed model or pipeline, as commands call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.client.blobs import uploaded
from mlfn.client.large import fits_api, placed
from mlfn.client.transport import Received
from mlfn.errors import UsageError
from mlfn.runtime.calls import CONTENT_TYPES, REFERENCE, UPLOAD
from mlfn_cli.calling.calls import Answer, call_api
from mlfn_cli.session import not_deployed
from mlfn_engine.declarations.naming import INGRESS_KEY
from mlfn_engine.declarations.schemas import has_blobs
from mlfn_engine.values import ModelSource

if TYPE_CHECKING:
    from mlfn.client.blobs import Ask
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.values import AppGraph, Deployment, ModelSpec, PipelineSpec, StateMachine, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """A deployed model or pipeline; called with a payload, or asked about a run."""

    name: str
    function: str
    machine: StateMachine | None
    deployment: Deployment

    def through_api(
        self, clients: Clients, target: Target, payload: bytes | None, run: str | None, *, key: str | None = None
    ) -> Answer:
        """What its API answers; `key` is the Idempotency-Key of a run."""
        if payload is not None:
            payload = uploaded(self.name, payload, self.blobs(clients, target))
        headers = {"Idempotency-Key": key} if key else {}
        if payload is not None and not fits_api(payload):
            payload = placed(self.name, payload, lambda about: self._announced(clients, target, about))
            headers |= {"Content-Type": CONTENT_TYPES[REFERENCE]}
        return call_api(f"{self._url}/{run}" if run else self._url, payload, target, clients.session, headers)

    def _announced(self, clients: Clients, target: Target, about: bytes) -> bytes:
        """What its API answers to an input that is announced."""
        from mlfn_cli.calling.direct import accepted

        headers = {"Content-Type": CONTENT_TYPES[UPLOAD]}
        return accepted(self.name, call_api(self._url, about, target, clients.session, headers))

    def blobs(self, clients: Clients, target: Target) -> Ask:
        """How to ask its API about the contents of blobs."""

        def ask(method: str, below: str, body: bytes) -> Received:
            sent = body if method == "POST" else None
            answer = call_api(self._url + below, sent, target, clients.session)
            return Received(status=answer.status, headers=dict(answer.headers), body=answer.body)

        return ask

    @property
    def _url(self) -> str:
        return f"{self._outputs['ApiUrl']}/{'pipelines' if self.machine else 'models'}/{self.name}"

    def directly(self, clients: Clients, target: Target, payload: bytes | None, run: str | None) -> Answer:
        """What Lambda or Step Functions answer."""
        from mlfn_cli.calling.direct import (
            answering_definition,
            ask_machine,
            call_model,
            start_machine,
            with_large_values,
        )

        if self.machine is None:
            return call_model(clients, target, self.function, payload or b"")
        app = self.deployment.app
        front_door = f"{app}-{self.deployment.stage}-{INGRESS_KEY}"
        if run:
            answer = ask_machine(clients, self.machine_arn, run)
        else:
            arn = answering_definition(clients, front_door, self.name) or self.machine_arn
            answer = start_machine(clients, self.machine, arn, payload or b"")
        return with_large_values(clients, front_door, app, answer)

    @property
    def machine_arn(self) -> str:
        """A pipeline's state machine."""
        return self._outputs[f"{self.machine.logical_id}StateMachine"] if self.machine else ""

    @property
    def _outputs(self) -> dict[str, str]:
        return dict(self.deployment.outputs)


def callee_of(graph: AppGraph, name: str, machine: StateMachine | None, target: Target) -> Callee:
    """A model or pipeline of the deployed app.

    Raises:
        TargetError: the app is not deployed.
    """
    from mlfn_deployers import deployer_for

    deployment = deployer_for(target).describe(graph.app, graph.stage)
    if deployment is None:
        raise not_deployed(graph.app, graph.stage, target.name)
    return Callee(name=name, function=f"{graph.app}-{graph.stage}-{name}", machine=machine, deployment=deployment)


def machine_of(graph: AppGraph, name: str) -> StateMachine | None:
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


def takes_blobs(graph: AppGraph, name: str) -> bool:
    """Whether a model or pipeline takes or gives blobs."""
    specs: list[ModelSpec | PipelineSpec] = [machine.pipeline for machine in graph.state_machines]
    specs += [each.source.model for each in graph.functions if isinstance(each.source, ModelSource)]
    return any(has_blobs(spec) for spec in specs if spec.name == name)
