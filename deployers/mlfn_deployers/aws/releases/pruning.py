"""Finding and deleting what nothing can reach any more: function versions of an app, its images and the platform's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn_deployers.aws.packages.images import delete_images, function_of
from mlfn_deployers.aws.platform import APP, platform_name
from mlfn_deployers.aws.releases.sweeping import AWS_S, EMULATOR_S
from mlfn_deployers.aws.releases.versions import AwsReleases, hex_digest
from mlfn_deployers.aws.releases.warmth import answering
from mlfn_engine.declarations.naming import aws_name
from mlfn_engine.images.signature_names import signature_tag
from mlfn_engine.releases.pruning import Image, Unreachable, unreachable_images, unreachable_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.releases.history import FunctionVersions
    from mlfn_engine.releases.pruning import Window
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Target

_PLATFORM_TAG = f"{APP}-platform-"
_NEEDED = frozenset({"ResourceConflictException"})
"""An alias names it: somebody moved traffic there meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """The versions and images of one app and stage."""

    target: Target
    clients: Clients
    app: str
    stage: str
    reporter: Reporter

    def find(self, window: Window) -> Unreachable:
        """What may go; nothing is deleted."""
        now = datetime.now(UTC)
        releases = AwsReleases(self.target, self.reporter, self.clients)
        functions = releases.versions(self.app, self.stage)
        pinned = {each.function: self._pinned(each.function) for each in functions}
        history = releases.history(self.app, self.stage)
        versions = unreachable_versions(functions, pinned, history, window, now)
        gone = {(key, version.number) for key, version in versions}
        settled = now - timedelta(seconds=EMULATOR_S if self.target.endpoint_url else AWS_S)
        images = [image for image in self._images() if image.pushed_at < settled]  # a deploy may be about to use others
        own = [image for image in images if function_of(image.tag, self.app)]
        platform = [image for image in images if image.tag.startswith(_PLATFORM_TAG)]
        return Unreachable(
            versions=versions,
            images=(
                *unreachable_images(own, frozenset(self._run(functions, gone)), window, now, by_number=False),
                *unreachable_images(platform, frozenset(self._platform_run()), window, now, by_number=True),
            ),
        )

    def delete(self, found: Unreachable) -> Unreachable:
        """Delete it, versions first; gives what is gone. What somebody put to work meanwhile stays."""
        versions = tuple(each for each in found.versions if self._delete_version(each[0], str(each[1].number)))
        stayed = {version.digest for key, version in found.versions if (key, version) not in versions}
        images = tuple(image for image in found.images if image.digest not in stayed)
        tags = {image.tag for image in images}
        shared = {image.digest for image in self._images() if image.tag not in tags}
        ids: list[ImageIdentifierTypeDef] = [{"imageTag": tag} for tag in sorted(tags)]
        ids += [{"imageTag": signature_tag(f"sha256:{each.digest}")} for each in images if each.digest not in shared]
        delete_images(self.clients.ecr, f"mlfn-{self.stage}", ids)
        return Unreachable(versions=versions, images=images)

    def _delete_version(self, key: str, number: str) -> bool:
        name = aws_name(self.app, self.stage, key)
        try:
            self.clients.functions.delete_function(FunctionName=name, Qualifier=number)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NEEDED:
                raise
            self.reporter.report(key, f"version {number} stays: an alias names it")
            return False
        return True

    def _pinned(self, key: str) -> frozenset[str]:
        """The versions that aliases send calls to, and those that the app's stack manages."""
        name = aws_name(self.app, self.stage, key)
        pages = self.clients.cloudformation.get_paginator("list_stack_resources").paginate(
            StackName=f"{self.app}-{self.stage}"
        )
        physical = [
            each.get("PhysicalResourceId", "")
            for page in pages
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == "AWS::Lambda::Version"
        ]
        managed = {arn.rpartition(":")[2] for arn in physical if f":function:{name}:" in arn}
        return frozenset(managed | answering(self.clients.functions, name))

    def _run(self, functions: tuple[FunctionVersions, ...], gone: set[tuple[str, int]]) -> Iterator[str]:
        """The digests of what stays: `$LATEST` and every version that is not to go."""
        for function in functions:
            latest = self.clients.functions.get_function_configuration(
                FunctionName=aws_name(self.app, self.stage, function.function)
            )
            yield hex_digest(latest["CodeSha256"])
            for version in function.versions:
                if (function.function, version.number) not in gone:
                    yield version.digest

    def _platform_run(self) -> Iterator[str]:
        """The digests of what the platform's functions run, and of what their stack says."""
        stack = self.clients.cloudformation.describe_stacks(StackName=platform_name(self.stage))["Stacks"][0]
        for parameter in stack.get("Parameters", []):
            if parameter["ParameterKey"] == "PlatformImage":
                yield parameter["ParameterValue"].rpartition("sha256:")[2]
        for page in self.clients.functions.get_paginator("list_functions").paginate(FunctionVersion="ALL"):
            for function in page["Functions"]:
                if function["FunctionName"].startswith("mlfn-") and function["FunctionName"].endswith(f"-{self.stage}"):
                    yield hex_digest(function["CodeSha256"])

    def _images(self) -> Iterator[Image]:
        pages = self.clients.ecr.get_paginator("describe_images").paginate(repositoryName=f"mlfn-{self.stage}")
        for image in (each for page in pages for each in page["imageDetails"]):
            for tag in image.get("imageTags", []):
                yield Image(
                    tag=tag,
                    digest=image["imageDigest"].removeprefix("sha256:"),
                    size_bytes=image.get("imageSizeInBytes", 0),
                    pushed_at=image["imagePushedAt"],
                )
