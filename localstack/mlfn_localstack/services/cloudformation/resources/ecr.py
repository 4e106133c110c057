"""AWS::ECR::Repository through ECR's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    lower_first,
    tag_change,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Repository(ResourceType):
    """A repository of images and its policies."""

    properties: ClassVar[Mapping[str, Any]] = {
        "EmptyOnDelete": BOOLEAN,
        "EncryptionConfiguration": {"EncryptionType!": STRING, "KmsKey": STRING},
        "ImageScanningConfiguration": {"ScanOnPush": BOOLEAN},
        "ImageTagMutability": STRING,
        "LifecyclePolicy": {"LifecyclePolicyText": STRING, "RegistryId": STRING},
        "RepositoryName": STRING,
        "RepositoryPolicyText": JSON,
        "Tags": TAGS,
    }
    create_only = frozenset({"RepositoryName", "EncryptionConfiguration"})
    attributes = frozenset({"Arn", "RepositoryUri"})
    name_property = "RepositoryName"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it, then put its policies."""
        given, name = request.properties, self._name(request)
        await request.call(
            "ecr",
            "CreateRepository",
            repositoryName=name,
            imageTagMutability=given.get("ImageTagMutability"),
            imageScanningConfiguration=lower_first(given.get("ImageScanningConfiguration")),
            encryptionConfiguration=lower_first(given.get("EncryptionConfiguration")),
            tags=given.get("Tags"),
        )
        await request.created(name)
        await self._policies(request, name, {})
        return await self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change mutability, scanning, policies and tags."""
        new = request.properties
        if changed(new, old, ["ImageTagMutability"]):
            mutability = new.get("ImageTagMutability", "MUTABLE")
            await request.call(
                "ecr", "PutImageTagMutability", repositoryName=physical_id, imageTagMutability=mutability
            )
        if changed(new, old, ["ImageScanningConfiguration"]):
            scanning = lower_first(new.get("ImageScanningConfiguration", {"ScanOnPush": False}))
            await request.call(
                "ecr", "PutImageScanningConfiguration", repositoryName=physical_id, imageScanningConfiguration=scanning
            )
        await self._policies(request, physical_id, old)
        made = await self._made(request, physical_id)
        change, arn = tag_change(new, old), made.attributes["Arn"]
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("ecr", "TagResource", resourceArn=arn, tags=tags)
        if change.removed:
            await request.call("ecr", "UntagResource", resourceArn=arn, tagKeys=change.removed)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it; with images only if EmptyOnDelete says so."""
        force = bool(request.properties.get("EmptyOnDelete", False))
        await request.call("ecr", "DeleteRepository", repositoryName=physical_id, force=force)

    async def find(self, request: Request) -> str | None:
        """The repository of that name."""
        name = self._name(request)
        return name if await found(request.call("ecr", "DescribeRepositories", repositoryNames=[name])) else None

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("RepositoryName"), lower=True)

    async def _made(self, request: Request, name: str) -> Made:
        answer = await request.call("ecr", "DescribeRepositories", repositoryNames=[name])
        one = answer["repositories"][0]
        return Made(physical_id=name, attributes={"Arn": one["repositoryArn"], "RepositoryUri": one["repositoryUri"]})

    async def _policies(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        new = request.properties
        if changed(new, old, ["LifecyclePolicy"]):
            text = new.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
            if text is None:
                await found(request.call("ecr", "DeleteLifecyclePolicy", repositoryName=name))
            else:
                await request.call("ecr", "PutLifecyclePolicy", repositoryName=name, lifecyclePolicyText=text)
        if changed(new, old, ["RepositoryPolicyText"]):
            policy = new.get("RepositoryPolicyText")
            if policy is None:
                await found(request.call("ecr", "DeleteRepositoryPolicy", repositoryName=name))
            else:
                text = policy if isinstance(policy, str) else json.dumps(policy)
                await request.call("ecr", "SetRepositoryPolicy", repositoryName=name, policyText=text)
