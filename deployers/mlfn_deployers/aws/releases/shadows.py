"""Shadows: the stack that lets a function copy its calls, the object that says how many, and their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import DeployError
from mlfn.shadowing import SHADOW, settings_key
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.api.pace import poll_s
from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.stacks.change_sets import StackChange, Stacks
from mlfn_engine.declarations.naming import aws_name, shadow_stack

if TYPE_CHECKING:
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Target, Template

_TAG = "mlfn:shadow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a shadow of a function stands on."""

    role: str
    """The name of the function's role."""
    bucket: str
    """The stage's data bucket."""
    reserved: int | None
    """The concurrency that all of its versions share, if it is reserved."""


class AwsShadows:
    """The shadows of one app in one stage."""

    def __init__(
        self, target: Target, app: str, stage: str, reporter: Reporter, clients: Clients | None = None
    ) -> None:
        self._target = target
        self._app = app
        self._stage = stage
        self._reporter = reporter
        self._clients = clients or Clients(target)
        self._stacks = Stacks(self._clients.cloudformation, self._clients.s3, poll_s=poll_s(target))

    def ground(self, model: str) -> Ground:
        """What a shadow of a model would stand on."""
        name = aws_name(self._app, self._stage, model)
        with translated(self._target):
            found = self._clients.functions.get_function_configuration(FunctionName=name)
            reserved = self._clients.functions.get_function_concurrency(FunctionName=name)
            return Ground(
                role=found["Role"].rpartition("/")[2],
                bucket=self._bucket(),
                reserved=reserved.get("ReservedConcurrentExecutions"),
            )

    def version(self, model: str) -> str | None:
        """The version that gets copies of a model's calls, if any does."""
        with translated(self._target):
            return traffic.pointed(self._clients.functions, aws_name(self._app, self._stage, model), SHADOW)

    def models(self) -> tuple[str, ...]:
        """The models of the app that have a shadow, or whose shadow did not end."""
        prefix, found = shadow_stack(self._app, self._stage, ""), []
        with translated(self._target):
            for page in self._clients.cloudformation.get_paginator("describe_stacks").paginate():
                for stack in page["Stacks"]:
                    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
                    function = tags.get(_TAG, "").removeprefix(aws_name(self._app, self._stage, ""))
                    if stack["StackName"].startswith(prefix) and function.isidentifier():
                        found.append(function)
        return tuple(sorted(found))

    def template(self, model: str) -> str | None:
        """The template of a model's shadow, if it has one."""
        with translated(self._target):
            return self._stacks.template(shadow_stack(self._app, self._stage, model))

    def start(self, model: str, template: Template, percent: int) -> None:
        """Have so many per cent of a model's calls copied to the version that the template names.

        Raises:
            DeployError: CloudFormation refuses the stack.
        """
        tags = {"mlfn:stage": self._stage, _TAG: aws_name(self._app, self._stage, model)}
        with translated(self._target):
            self._stacks.apply(StackChange(template=template, parameters={}, tags=tags), self._reporter)
            self._clients.s3.put_object(
                Bucket=self._bucket(), Key=self._settings(model), Body=str(percent).encode(), ContentType="text/plain"
            )
            self._reporter.report(model, f"{percent} % of its calls are copied")

    def stop(self, model: str) -> bool:
        """End the copies of a model's calls and take away what they needed; False if there was nothing."""
        with translated(self._target):
            if bucket := self._stacks.outputs(f"mlfn-base-{self._stage}").get("DataBucket"):
                self._clients.s3.delete_object(Bucket=bucket, Key=self._settings(model))
            found = self._stacks.delete(shadow_stack(self._app, self._stage, model), self._reporter)
        if found:
            self._reporter.report(model, "has no shadow any more")
        return found

    def _settings(self, model: str) -> str:
        return settings_key(f"{self._app}.{model}")

    def _bucket(self) -> str:
        bucket = self._stacks.outputs(f"mlfn-base-{self._stage}").get("DataBucket")
        if bucket is None:
            raise DeployError(f"Stage {self._stage!r} has no base stack.", hint="Deploy the app first: mlfn deploy")
        return bucket
