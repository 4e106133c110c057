"""What is configured per repository: mutability, scanning, policies, tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlfn_localstack.services.ecr.errors import invalid, no_policy, no_repository
from mlfn_localstack.services.ecr.lifecycle_policies import check_lifecycle_policy
from mlfn_localstack.services.ecr.mutability import FILTERS, mutability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ecr.model import EcrState, Repository


class SettingsOperations:
    """Settings of repositories; lifecycle rules and scanning are stored, not carried out."""

    def __init__(self, state: EcrState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteLifecyclePolicy": self.delete_lifecycle_policy,
            "DeleteRepositoryPolicy": self.delete_repository_policy,
            "GetLifecyclePolicy": self.get_lifecycle_policy,
            "GetRepositoryPolicy": self.get_repository_policy,
            "ListTagsForResource": self.list_tags_for_resource,
            "PutImageScanningConfiguration": self.put_image_scanning_configuration,
            "PutImageTagMutability": self.put_image_tag_mutability,
            "PutLifecyclePolicy": self.put_lifecycle_policy,
            "SetRepositoryPolicy": self.set_repository_policy,
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
        }

    async def put_image_tag_mutability(self, context: RequestContext, params: Params) -> Result:
        """Whether tags may move."""
        changes, known = mutability(params), self._state.repository(params["repositoryName"])
        repository = {name: value for name, value in known.items() if name != FILTERS} | changes
        self._save(repository)
        return _named(repository) | changes

    async def put_image_scanning_configuration(self, context: RequestContext, params: Params) -> Result:
        """Whether images are to be scanned when pushed."""
        return self._set(params, imageScanningConfiguration=params["imageScanningConfiguration"])

    async def put_lifecycle_policy(self, context: RequestContext, params: Params) -> Result:
        """Rules for expiring images."""
        check_lifecycle_policy(params["lifecyclePolicyText"])
        return self._set(params, lifecyclePolicyText=params["lifecyclePolicyText"])

    async def get_lifecycle_policy(self, context: RequestContext, params: Params) -> Result:
        """The rules for expiring images."""
        return self._policy(params, "lifecyclePolicyText", "LifecyclePolicy")

    async def delete_lifecycle_policy(self, context: RequestContext, params: Params) -> Result:
        """No rules any more."""
        return self._remove(params, "lifecyclePolicyText", "LifecyclePolicy")

    async def set_repository_policy(self, context: RequestContext, params: Params) -> Result:
        """Who else may use the repository."""
        _check_json(params["policyText"], "policyText")
        return self._set(params, policyText=params["policyText"])

    async def get_repository_policy(self, context: RequestContext, params: Params) -> Result:
        """The repository's policy."""
        return self._policy(params, "policyText", "RepositoryPolicy")

    async def delete_repository_policy(self, context: RequestContext, params: Params) -> Result:
        """No policy any more."""
        return self._remove(params, "policyText", "RepositoryPolicy")

    async def tag_resource(self, context: RequestContext, params: Params) -> Result:
        """Set tags."""
        repository = self._by_arn(params["resourceArn"])
        tags = {tag["Key"]: tag for tag in (*repository["tags"], *params["tags"])}
        self._save(repository | {"tags": list(tags.values())})
        return {}

    async def untag_resource(self, context: RequestContext, params: Params) -> Result:
        """Remove tags."""
        repository = self._by_arn(params["resourceArn"])
        kept = [tag for tag in repository["tags"] if tag["Key"] not in params["tagKeys"]]
        self._save(repository | {"tags": kept})
        return {}

    async def list_tags_for_resource(self, context: RequestContext, params: Params) -> Result:
        """The tags."""
        return {"tags": self._by_arn(params["resourceArn"])["tags"]}

    def _by_arn(self, arn: str) -> Repository:
        name = arn.partition(":repository/")[2]
        repository = self._state.repository(name)
        if repository["repositoryArn"] != arn:
            raise no_repository(name, self._state.account_id)
        return repository

    def _set(self, params: Params, **changes: object) -> Result:
        repository = self._state.repository(params["repositoryName"]) | changes
        self._save(repository)
        return _named(repository) | changes

    def _policy(self, params: Params, key: str, kind: str) -> Result:
        repository = self._state.repository(params["repositoryName"])
        if key not in repository:
            raise no_policy(kind, repository["repositoryName"], self._state.account_id)
        return _named(repository) | {key: repository[key]}

    def _remove(self, params: Params, key: str, kind: str) -> Result:
        result = self._policy(params, key, kind)
        repository = self._state.repository(params["repositoryName"])
        del repository[key]
        self._save(repository)
        return result

    def _save(self, repository: Repository) -> None:
        self._state.repositories.put(repository["repositoryName"], repository)


def _named(repository: Repository) -> Result:
    return {"registryId": repository["registryId"], "repositoryName": repository["repositoryName"]}


def _check_json(text: str, name: str) -> None:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"Invalid parameter at '{name}' failed to satisfy constraint: 'Invalid JSON syntax'"
        raise invalid(message) from error
