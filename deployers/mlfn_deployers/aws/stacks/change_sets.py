"""CloudFormation stacks, changed only through change sets."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn.errors import DeployError
from mlfn_deployers.aws.api.failures import in_words
from mlfn_deployers.aws.stacks.long_templates import within_reach

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef
    from mypy_boto3_s3 import S3Client

    from mlfn_engine.planning.saved import World
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Template

UNCHANGED = ("didn't contain changes", "No updates are to be performed")
REMAKE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED"})
"""States in which a stack holds nothing that answers and can only be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChange:
    """A stack as it should be."""

    template: Template
    parameters: Mapping[str, str | None]
    """None keeps the value the stack has."""
    tags: Mapping[str, str]
    bucket: str | None = None
    """Where a template lies while CloudFormation reads it, if it is too long to be sent."""
    world: World | None = None
    """What was there when this change was planned: anything else is refused."""


class Stacks:
    """The stacks of one account and region."""

    def __init__(self, client: CloudFormationClient, s3: S3Client, *, poll_s: float) -> None:
        self._client = client
        self._s3 = s3
        self._poll_s = poll_s

    def describe(self, name: str) -> StackTypeDef | None:
        """The stack as CloudFormation tells it, or None."""
        try:
            return self._client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
                return None
            raise

    def outputs(self, name: str) -> dict[str, str]:
        """The outputs of a stack; empty when there is none."""
        stack = self.describe(name)
        outputs = stack.get("Outputs", []) if stack else []
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def parameters(self, name: str) -> dict[str, str]:
        """The parameters of a stack; empty when there is none."""
        stack = self.describe(name)
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])} if stack else {}

    def template(self, name: str) -> str | None:
        """The template a stack was last brought to, or None."""
        if self.describe(name) is None:
            return None
        body: Any = self._client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)  # boto3 reads those that are JSON

    def apply(self, change: StackChange, reporter: Reporter) -> dict[str, str]:
        """Bring a stack to what `change` says and return its outputs.

        Raises:
            DeployError: CloudFormation refused or rolled back; the first failure is in the message.
        """
        name = change.template.name
        stack = self._settled(name, reporter)
        create = stack is None
        change_set = self._create_change_set(change, create=create)
        if not self._await_change_set(name, change_set):
            reporter.report(name, "unchanged")
            return self.outputs(name)
        self._check_world(change, change_set)
        started = self._newest_event(name)
        self._client.execute_change_set(StackName=name, ChangeSetName=change_set)
        self._follow(name, started, reporter)
        return self.outputs(name)

    def delete(self, name: str, reporter: Reporter) -> bool:
        """Delete a stack and wait; False when there was none.

        Raises:
            DeployError: a resource could not be deleted.
        """
        stack = self.describe(name)
        if stack is None:
            return False
        started = self._newest_event(name)
        self._client.delete_stack(StackName=name)
        self._follow(stack["StackId"], started, reporter)
        return True

    def go_on_rolling_back(self, name: str, reporter: Reporter, *, skip: bool) -> tuple[str, ...]:
        """Bring a stack out of UPDATE_ROLLBACK_FAILED; with `skip` without what still fails, whose names are returned.

        Raises:
            DeployError: something still fails.
        """
        status, _ = self._roll_back_without(name, (), reporter)
        left: tuple[str, ...] = ()
        if status == "UPDATE_ROLLBACK_FAILED" and skip:
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=name)
            resources = [each for page in pages for each in page["StackResourceSummaries"]]
            left = tuple(each["LogicalResourceId"] for each in resources if each["ResourceStatus"] == "UPDATE_FAILED")
            status, _ = self._roll_back_without(name, left, reporter)
        if status != "UPDATE_ROLLBACK_COMPLETE":
            raise DeployError(
                f"Stack {name!r} is in {status}: what it would go back to is gone or refuses.",
                hint="What answers still answers. mlfn doctor --fix goes back without what fails; then deploy again.",
            )
        return left

    def _roll_back_without(self, name: str, skipped: Sequence[str], reporter: Reporter) -> tuple[str, list[str]]:
        started = self._newest_event(name)
        self._client.continue_update_rollback(StackName=name, ResourcesToSkip=skipped)
        return self._followed(name, started, reporter)

    def settle(self, name: str, reporter: Reporter) -> StackTypeDef | None:
        """The stack once nothing is in progress."""
        stack = self.describe(name)
        while stack and stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] not in REMAKE:
            reporter.report(name, f"waiting: {stack['StackStatus'].lower()}")
            time.sleep(self._poll_s)
            stack = self.describe(name)
        return stack

    def _settled(self, name: str, reporter: Reporter) -> StackTypeDef | None:
        """The stack once nothing is in progress; what can only be deleted is deleted."""
        stack = self.settle(name, reporter)
        if stack and stack["StackStatus"] in REMAKE:
            reporter.report(name, f"removing what {stack['StackStatus'].lower()} left")
            self.delete(name, reporter)
            return None
        if stack and stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
            reporter.report(name, "goes on rolling back an earlier update")
            self.go_on_rolling_back(name, reporter, skip=False)
            return self.describe(name)
        return stack

    def _create_change_set(self, change: StackChange, *, create: bool) -> str:
        name = f"mlfn-{uuid.uuid4().hex}"
        with within_reach(change.template, self._s3, change.bucket) as template:
            answer = self._client.create_change_set(
                StackName=change.template.name,
                ChangeSetName=name,
                ChangeSetType="CREATE" if create else "UPDATE",
                **template,
                Parameters=[
                    {"ParameterKey": key, "UsePreviousValue": True}
                    if value is None
                    else {"ParameterKey": key, "ParameterValue": value}
                    for key, value in change.parameters.items()
                ],
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Tags=[{"Key": key, "Value": value} for key, value in change.tags.items()],
            )
        return answer["Id"]

    def _check_world(self, change: StackChange, change_set: str) -> None:
        """Whatever happens from here on, CloudFormation makes change sets obsolete of which the stack is no longer.

        Raises:
            DeployError: the stack changed since the change was planned.
        """
        if change.world is None:
            return
        stack = self.describe(change.template.name)
        now = updated_at(stack).isoformat() if stack and stack.get("Outputs") else None
        if now != change.world.updated_at:
            self._client.delete_change_set(StackName=change.template.name, ChangeSetName=change_set)
            raise DeployError(
                f"Stack {change.template.name!r} was changed by somebody else while this deploy was under way.",
                hint="Nothing of this deploy answers. Look at what it would do now (mlfn plan), and deploy again.",
            )

    def _await_change_set(self, stack: str, change_set: str) -> bool:
        """Whether there is anything to execute."""
        while True:
            answer = self._client.describe_change_set(StackName=stack, ChangeSetName=change_set)
            if answer["Status"] == "CREATE_COMPLETE":
                return True
            if answer["Status"] == "FAILED":
                break
            time.sleep(self._poll_s)
        reason = answer.get("StatusReason", "no reason given")
        self._client.delete_change_set(StackName=stack, ChangeSetName=change_set)
        if any(text in reason for text in UNCHANGED):
            return False
        raise DeployError(
            f"CloudFormation refuses the change of stack {stack!r}: {reason}",
            hint="Nothing has been changed. See the template with: mlfn render.",
        )

    def _newest_event(self, name: str) -> str | None:
        try:
            events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        except ClientError:
            return None
        return events[0]["EventId"] if events else None

    def _follow(self, name: str, after: str | None, reporter: Reporter) -> None:
        """Report events until the stack has settled.

        Raises:
            DeployError: it settled in a failure.
        """
        status, failures = self._followed(name, after, reporter)
        if "ROLLBACK" in status or status.endswith("_FAILED"):
            short, region = _short(name), self._client.meta.region_name
            why = failures[0] if failures else "no reason given"
            told, hint = in_words(why, "Mend the cause and deploy again.", stack=short, region=region)
            raise DeployError(
                f"Stack {short!r} ended in {status}: {told}", hint=f"What answered before still answers. {hint}"
            )

    def _followed(self, name: str, after: str | None, reporter: Reporter) -> tuple[str, list[str]]:
        """The status a stack settles in, and what failed on the way."""
        failures: list[str] = []
        while True:
            stack = self.describe(name)
            for event in self._events_since(name, after):
                after = event["EventId"]
                failures += _told(event, reporter)
            status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
            if not status.endswith("_IN_PROGRESS"):
                return status, failures
            time.sleep(self._poll_s)

    def _events_since(self, name: str, last: str | None) -> list[StackEventTypeDef]:
        """Events after `last`, oldest first; pages are read only as far as needed."""
        found: list[StackEventTypeDef] = []
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=name):
            for event in page["StackEvents"]:
                if event["EventId"] == last:
                    return found[::-1]
                found.append(event)
        return found[::-1]


def _told(event: StackEventTypeDef, reporter: Reporter) -> list[str]:
    """Report an event; what it says if it is a failure."""
    status, subject = event.get("ResourceStatus", ""), event.get("LogicalResourceId", "stack")
    reporter.report(subject, status.lower().replace("_", " "))
    return [f"{subject}: {event.get('ResourceStatusReason', status)}"] if status.endswith("_FAILED") else []


def _short(name: str) -> str:
    """A stack's name, from its name or its ARN."""
    return name.split("/")[1] if "/" in name else name


def updated_at(stack: StackTypeDef) -> datetime:
    """When a stack last changed."""
    return stack.get("LastUpdatedTime", stack["CreationTime"])
