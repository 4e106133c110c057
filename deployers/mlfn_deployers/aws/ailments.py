"""What ails a deployed app: everything that would make the next deploy, rollback or start of a function fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn_deployers.aws.api.errors import SIGN_IN_AGAIN
from mlfn_deployers.aws.api.failures import known
from mlfn_deployers.aws.platform import platform_name, seal_name
from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.releases.versions import AwsReleases
from mlfn_deployers.aws.stacks import drift
from mlfn_deployers.aws.stacks.change_sets import REMAKE
from mlfn_engine.declarations.naming import aws_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.releases.history import FunctionVersions
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Target

NEAR = 0.9
"""The part of a quota above which it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """One thing that is wrong."""

    name: str
    """A known failure's (failures.toml)."""
    subject: str
    told: str
    because: str
    run: str
    is_healable: bool = False
    """Whether `mlfn doctor --fix` mends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One app in one stage."""

    target: Target
    clients: Clients
    reporter: Reporter
    app: str
    stage: str

    @property
    def stacks(self) -> tuple[str, ...]:
        """The names of the stacks it stands on, its own last."""
        return (
            f"mlfn-base-{self.stage}",
            seal_name(self.stage),
            platform_name(self.stage),
            f"{self.app}-{self.stage}",
        )

    def is_deployed(self) -> bool:
        """Whether there is anything of the app to look at."""
        try:
            self.clients.cloudformation.describe_stacks(StackName=self.stacks[-1])
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return True

    def ailments(self) -> tuple[Ailment, ...]:
        """Everything that is wrong; without credentials nothing else can be seen."""
        if refused := self._credentials():
            return (refused,)
        functions = AwsReleases(self.target, self.reporter, self.clients).versions(self.app, self.stage)
        found = (self._stacks(), self._functions(functions), self._images(functions), self._quotas(), self._drift())
        return tuple(each for part in found for each in part)

    def _ailment(
        self, says: str, subject: str, *, stack: str = "", told: str = "", is_healable: bool = False
    ) -> Ailment:
        found = known(says, stack=stack or f"{self.app}-{self.stage}", region=self.target.region, subject=subject)
        assert found is not None, says  # noqa: S101 - a text of ours, which the table knows
        return Ailment(
            name=found.name,
            subject=subject,
            told=told or says,
            because=found.because,
            run=found.run,
            is_healable=is_healable,
        )

    def _credentials(self) -> Ailment | None:
        try:
            self.clients.sts.get_caller_identity()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in SIGN_IN_AGAIN:
                raise
            return self._ailment(code, f"target {self.target.name}")
        return None

    def _stacks(self) -> Iterator[Ailment]:
        for name in self.stacks:
            try:
                (stack,) = self.clients.cloudformation.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if "does not exist" in str(error):
                    continue
                raise
            status = stack["StackStatus"]
            if status in REMAKE or status == "UPDATE_ROLLBACK_FAILED":
                told = f"{status}: {stack.get('StackStatusReason', '')}".rstrip(": ")
                yield self._ailment(status, name, stack=name, told=told, is_healable=True)

    def _functions(self, functions: tuple[FunctionVersions, ...]) -> Iterator[Ailment]:
        for each in functions:
            name = aws_name(self.app, self.stage, each.function)
            latest: Any = self.clients.functions.get_function_configuration(FunctionName=name)
            if latest.get("LastUpdateStatus") == "InProgress":
                yield self._ailment("An update is in progress for resource", name, is_healable=True)
            versions = {traffic.pointed(self.clients.functions, name, alias) for alias in traffic.ALIASES} - {None}
            if len(versions) > 1:
                told = f"aliases differ: they point to {', '.join(sorted(map(str, versions)))}"
                yield self._ailment("aliases differ", each.function, told=told, is_healable=True)

    def _images(self, functions: tuple[FunctionVersions, ...]) -> Iterator[Ailment]:
        held = self._held()
        for each in functions:
            if self._is_archive(each.function):
                continue  # Lambda has a copy of its own
            reachable = {each.answering, each.canary}
            for version in each.versions:
                if str(version.number) in reachable and version.digest not in held:
                    yield self._ailment(
                        "ImageNotFoundException",
                        each.function,
                        told=f"the image {version.image} of version {version.number}, which answers, is gone",
                        is_healable=True,
                    )

    def _is_archive(self, function: str) -> bool:
        name = aws_name(self.app, self.stage, function)
        return self.clients.functions.get_function_configuration(FunctionName=name).get("PackageType") == "Zip"

    def _held(self) -> set[str]:
        pages = self.clients.ecr.get_paginator("list_images").paginate(repositoryName=f"mlfn-{self.stage}")
        try:
            return {image["imageDigest"].removeprefix("sha256:") for page in pages for image in page["imageIds"]}
        except ClientError as error:
            if error.response["Error"]["Code"] == "RepositoryNotFoundException":
                return set()
            raise

    def _quotas(self) -> Iterator[Ailment]:
        account: Any = self.clients.functions.get_account_settings()
        limit, usage = account["AccountLimit"], account["AccountUsage"]
        if usage["TotalCodeSize"] > NEAR * limit["TotalCodeSize"]:
            told = f"{usage['TotalCodeSize']:,} of {limit['TotalCodeSize']:,} bytes of code are taken"
            yield self._ailment("near a quota", "Lambda", told=told)
        left, of = limit["UnreservedConcurrentExecutions"], limit["ConcurrentExecutions"]
        if of - left >= NEAR * of:
            yield self._ailment("near a quota", "Lambda", told=f"{left:,} of {of:,} environments are not reserved")

    def _drift(self) -> Iterator[Ailment]:
        for stack in self.stacks:
            for each in drift.drifted(self.clients.cloudformation, stack, self.target):
                yield self._ailment("drifted", f"{stack}/{each.resource}", told=each.told)
