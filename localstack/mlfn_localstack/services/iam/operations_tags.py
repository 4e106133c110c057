"""Tags of roles, users and managed policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.iam.errors import no_such_policy
from mlfn_localstack.services.iam.model import Document, IamState, checked_tags, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result


class TagOperations:
    """Tag, untag and list tags."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        kinds = ("Role", "User", "Policy")
        return (
            {f"Tag{kind}": self.tag for kind in kinds}
            | {f"Untag{kind}": self.untag for kind in kinds}
            | {f"List{kind}Tags": self.list_tags for kind in kinds}
        )

    async def tag(self, context: RequestContext, params: Params) -> Result:
        """Set tags."""
        document = self._find(params)
        checked_tags(params)
        tags = {tag["Key"]: tag["Value"] for tag in (*document["Tags"], *params["Tags"])}
        self._save(params, document, tags)
        return {}

    async def untag(self, context: RequestContext, params: Params) -> Result:
        """Remove tags."""
        document = self._find(params)
        tags = {tag["Key"]: tag["Value"] for tag in document["Tags"] if tag["Key"] not in params["TagKeys"]}
        self._save(params, document, tags)
        return {}

    async def list_tags(self, context: RequestContext, params: Params) -> Result:
        """The tags."""
        return page(params, "Tags", sorted(self._find(params)["Tags"], key=lambda tag: str(tag["Key"])))

    def _find(self, params: Params) -> Document:
        if "PolicyArn" in params:
            policy: Document | None = self._state.policies.get(params["PolicyArn"])
            if policy is None:
                raise no_such_policy(params["PolicyArn"])
            return policy
        kind = _kind(params)
        return self._state.entity(kind, params[f"{kind}Name"])

    def _save(self, params: Params, document: Document, tags: dict[str, str]) -> None:
        changed = document | {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        if "PolicyArn" in params:
            self._state.policies.put(params["PolicyArn"], changed)
        else:
            self._state.save(_kind(params), changed)


def _kind(params: Params) -> str:
    return "Role" if "RoleName" in params else "User"
