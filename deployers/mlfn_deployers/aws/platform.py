"""The platform's own functions: a stack of their own, since their image needs the base stack's repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

from mlfn.errors import DeployError
from mlfn_deployers.aws.packages.images import push_image
from mlfn_deployers.aws.stacks.change_sets import StackChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.stacks.change_sets import Stacks
    from mlfn_engine.deployer import PlatformRelease
    from mlfn_engine.reporting import Reporter

APP = "mlfn"
"""Stands for the app in the image's tag."""
OWN_PARAMETERS = ("AlarmTopic", "TrailBucket", "TrailPrefix")
EMULATED_LOCK = {"LockMode": "GOVERNANCE", "LockDays": "1"}
"""Of an emulator's checkpoints: its state is the user's to delete."""


def platform_name(stage: str) -> str:
    """The name of the stack of functions."""
    return f"mlfn-platform-{stage}"


def seal_name(stage: str) -> str:
    """The name of the stack that holds the signing key and the locked bucket."""
    return f"mlfn-seal-{stage}"


def stage_key(base: Mapping[str, str]) -> dict[str, str]:
    """The parameter that names the stage's own key, where its base stack has one."""
    return {"StageKey": base["StageKey"]} if "StageKey" in base else {}


class PlatformFunctions(Protocol):
    """The functions that keep a stage's audit trail whole, or what stands for them."""

    def digest(self) -> str | None:
        """The digest of what is deployed."""

    def apply(self, release: PlatformRelease, base: Mapping[str, str], reporter: Reporter) -> str:
        """Make a release the deployed one; gives the writer's ARN."""

    def settle(self, reporter: Reporter) -> None:
        """Let the reaper put what the logs still owe the audit table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformStacks:
    """Deploys the functions of one stage."""

    clients: Clients
    stacks: Stacks
    stage: str
    emulated: bool

    def digest(self) -> str | None:
        """The digest of what is deployed."""
        return self.stacks.outputs(platform_name(self.stage)).get("Release")

    def apply(self, release: PlatformRelease, base: Mapping[str, str], reporter: Reporter) -> str:
        """Make a release the deployed one; gives the writer's ARN."""
        if release.image is None:
            return self._writer(self.stacks.outputs(platform_name(self.stage)))
        tags = {"mlfn:stage": self.stage}
        lock = EMULATED_LOCK if self.emulated else {}
        seal = self.stacks.apply(StackChange(template=release.seal, parameters=lock, tags=tags), reporter)
        image = push_image(self.clients.ecr, base["RepositoryUri"], APP, release.image, reporter)
        parameters: dict[str, str | None] = {
            "PlatformImage": image,
            "AuditTable": base["AuditTable"],
            "AuditStream": base["AuditStream"],
            "DataBucket": base["DataBucket"],
            "SealBucket": seal["SealBucket"],
            "SealKey": seal["SealKey"],
            **stage_key(base),
            "Release": release.digest,
            **self._kept(),
        }
        change = StackChange(template=release.functions, parameters=parameters, tags=tags, bucket=base["DataBucket"])
        return self._writer(self.stacks.apply(change, reporter))

    def settle(self, reporter: Reporter) -> None:
        """Let the reaper put what the logs still owe the audit table: they go with their app's stack.

        Raises:
            DeployError: it could not.
        """
        function = f"mlfn-reaper-{self.stage}"
        try:
            answer = self.clients.functions.invoke(FunctionName=function)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return  # nothing reads the logs of this stage
        if answer.get("FunctionError"):
            raise DeployError(
                f"{function} could not put what the logs still owe the audit trail; nothing has been removed.",
                hint=f"See its log group /aws/lambda/{function}, and destroy again when the table answers. "
                f"To give those records up, delete the stack {platform_name(self.stage)} first.",
            )
        reporter.report(function, "has read the logs to their end")

    def _kept(self) -> dict[str, None]:
        """The parameters that are set in the stack itself, not by a deploy."""
        stack = self.stacks.describe(platform_name(self.stage))
        has_been = stack is not None and "Outputs" in stack  # one whose creation failed goes, and its values with it
        known = {each["ParameterKey"] for each in stack.get("Parameters", [])} if stack and has_been else set()
        return {name: None for name in OWN_PARAMETERS if name in known}

    def _writer(self, outputs: Mapping[str, str]) -> str:
        if "Writer" not in outputs:
            raise DeployError(
                f"Stack {platform_name(self.stage)} has been removed during this deploy.", hint="Deploy again."
            )
        return outputs["Writer"]
