"""Repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.ecr.errors import not_empty, repository_exists
from mlfn_localstack.services.ecr.model import EcrState, Repository, now
from mlfn_localstack.services.ecr.mutability import mutability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result

_DEFAULT_PAGE = 100
_HIDDEN = ("tags", "policyText", "lifecyclePolicyText")


class RepositoryOperations:
    """Create, describe and delete repositories."""

    def __init__(self, environment: Environment, state: EcrState) -> None:
        self._state = state
        self._registry_host = environment.endpoint.partition("://")[2]

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateRepository": self.create_repository,
            "DeleteRepository": self.delete_repository,
            "DescribeRepositories": self.describe_repositories,
        }

    async def create_repository(self, context: RequestContext, params: Params) -> Result:
        """A new, empty repository."""
        name = params["repositoryName"]
        if self._state.repositories.get(name) is not None:
            raise repository_exists(name, context.account_id)
        repository = {
            "repositoryArn": f"arn:aws:ecr:{context.region}:{context.account_id}:repository/{name}",
            "registryId": context.account_id,
            "repositoryName": name,
            "createdAt": now(),
            **mutability(params),
            "imageScanningConfiguration": params.get("imageScanningConfiguration", {"scanOnPush": False}),
            "encryptionConfiguration": params.get("encryptionConfiguration", {"encryptionType": "AES256"}),
            "tags": params.get("tags", []),
        }
        self._state.repositories.put(name, repository)
        return {"repository": self._shown(repository)}

    async def describe_repositories(self, context: RequestContext, params: Params) -> Result:
        """The repositories asked for, or all, page by page."""
        if "repositoryNames" in params:
            found = [self._state.repository(name) for name in params["repositoryNames"]]
            return {"repositories": [self._shown(repository) for repository in found]}
        every = [self._shown(repository) for _, repository in self._state.repositories.items()]
        start = place_of(params.get("nextToken")) or 0
        end = start + params.get("maxResults", _DEFAULT_PAGE)
        page: Result = {"repositories": every[start:end]}
        return page | {"nextToken": str(end)} if end < len(every) else page

    async def delete_repository(self, context: RequestContext, params: Params) -> Result:
        """A repository goes, with its images only if forced."""
        name = params["repositoryName"]
        repository = self._state.repository(name)
        if not params.get("force") and self._state.images(name):
            raise not_empty(name, context.account_id)
        await self._state.remove_repository(name)
        return {"repository": self._shown(repository)}

    def _shown(self, repository: Repository) -> Result:
        shown = {key: value for key, value in repository.items() if key not in _HIDDEN}
        return shown | {"repositoryUri": f"{self._registry_host}/{repository['repositoryName']}"}
