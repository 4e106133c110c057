"""What deploys leave: images no version runs, templates nobody reads, change sets nobody executes, idle warmth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mlfn_deployers.aws.packages.archives import remove_archives
from mlfn_deployers.aws.packages.images import delete_images, function_of
from mlfn_deployers.aws.releases.versions import hex_digest
from mlfn_deployers.aws.releases.warmth import release_warmth
from mlfn_engine.declarations.naming import aws_name
from mlfn_engine.images.signature_names import signature_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.reporting import Reporter

AWS_S, EMULATOR_S = 3600.0, 5.0
"""How old something must be before nobody can be about to use it: another deploy may be under way."""
OUR_CHANGE_SETS = "mlfn-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Takes away what no stack and no version of one app can reach, once it is old enough, and warmth nobody uses."""

    clients: Clients
    app: str
    stage: str
    bucket: str
    grace_s: float

    def run(self, functions: Iterable[str], reporter: Reporter) -> None:
        """Sweep; `functions` are the app's. If it is refused the deploy is still good, and the next one tries again."""
        before = datetime.now(UTC) - timedelta(seconds=self.grace_s)
        try:
            names = list(functions)
            run = {digest for name in names for digest in self._run(name)}
            left = (
                (self._images(run, before), "images that no version runs"),
                (self._archives(run, before), "archives that no version runs"),
                (self._templates(before), "templates that nobody reads"),
                (self._change_sets(before), "change sets that nobody executes"),
                (sum(map(self._warmth, names)), "provisioned concurrencies of versions that do not answer"),
            )
        except (ClientError, BotoCoreError) as error:
            reporter.report(self.app, f"what earlier deploys left stays for now: {error}")
            return
        if told := ", ".join(f"{count} {what}" for count, what in left if count):
            reporter.report(self.app, f"removed {told}")

    def _archives(self, run: set[str], before: datetime) -> int:
        return remove_archives(self.clients.s3, self.bucket, self.app, keep=run, before=before)

    def _images(self, run: set[str], before: datetime) -> int:
        repository = f"mlfn-{self.stage}"
        pages = self.clients.ecr.get_paginator("describe_images").paginate(repositoryName=repository)
        lost: list[ImageIdentifierTypeDef] = []
        for image in (each for page in pages for each in page["imageDetails"]):
            ours = [tag for tag in image.get("imageTags", []) if function_of(tag, self.app)]
            if ours and image["imagePushedAt"] < before and image["imageDigest"].removeprefix("sha256:") not in run:
                lost += [{"imageTag": tag} for tag in ours]
                lost.append({"imageTag": signature_tag(image["imageDigest"])})
        delete_images(self.clients.ecr, repository, lost)
        return len(lost) // 2

    def _warmth(self, name: str) -> int:
        return release_warmth(self.clients.functions, aws_name(self.app, self.stage, name))

    def _run(self, name: str) -> Iterator[str]:
        """The digests (hex) of what a function and its versions run."""
        pages = self.clients.functions.get_paginator("list_versions_by_function").paginate(
            FunctionName=aws_name(self.app, self.stage, name)
        )
        for page in pages:
            yield from (hex_digest(version["CodeSha256"]) for version in page["Versions"])

    def _templates(self, before: datetime) -> int:
        pages = self.clients.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=f"templates/{self.app}-{self.stage}/"
        )
        found: list[Any] = [entry for page in pages for entry in (*page.get("Versions", []), *_markers(page))]
        old = [entry for entry in found if entry["LastModified"] < before]
        for entry in old:
            self.clients.s3.delete_object(Bucket=self.bucket, Key=entry["Key"], VersionId=entry["VersionId"])
        return len(old)

    def _change_sets(self, before: datetime) -> int:
        stack = f"{self.app}-{self.stage}"
        pages = self.clients.cloudformation.get_paginator("list_change_sets").paginate(StackName=stack)
        old = [
            each["ChangeSetId"]
            for page in pages
            for each in page["Summaries"]
            if each["ExecutionStatus"] == "AVAILABLE"
            and each["ChangeSetName"].startswith(OUR_CHANGE_SETS)
            and each["CreationTime"] < before
        ]
        for change_set in old:
            self.clients.cloudformation.delete_change_set(ChangeSetName=change_set)
        return len(old)


def _markers(page: Any) -> list[Any]:
    found: list[Any] = page.get("DeleteMarkers", [])
    return found
