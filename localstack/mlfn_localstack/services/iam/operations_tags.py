"""Tags of roles, users and managed policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.iam.errors import no_such_policy
from mlfn_localstack.services.iam.model import Document, IamState, checked_tags, page, tag_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result


class TagOperations:
    """Tag, untag and list tags."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
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
        checked_tags(params, any_case=_any_case(params))
        tags = {self._name(params, tag["Key"]): tag for tag in document["Tags"]}
        for tag in params["Tags"]:
            name = self._name(params, tag["Key"])
            kept = tags[name]["Key"] if name in tags else tag["Key"]
            tags[name] = {"Key": kept, "Value": tag["Value"]}
        self._save(params, document, tags.values())
        return {}

    async def untag(self, context: RequestContext, params: Params) -> Result:
        """Remove tags."""
        document = self._find(params)
        gone = {self._name(params, key) for key in params["TagKeys"]}
        self._save(params, document, [tag for tag in document["Tags"] if self._name(params, tag["Key"]) not in gone])
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

    def _name(self, params: Params, key: str) -> str:
        return tag_name(key, any_case=_any_case(params))

    def _save(self, params: Params, document: Document, tags: Iterable[dict[str, str]]) -> None:
        changed = document | {"Tags": list(tags)}
        if "PolicyArn" in params:
            self._state.policies.put(params["PolicyArn"], changed)
        else:
            self._state.save(_kind(params), changed)


def _any_case(params: Params) -> bool:
    """Whether the keys of these tags are the same in capitals: those of roles and users."""
    return "PolicyArn" not in params


def _kind(params: Params) -> str:
    return "Role" if "RoleName" in params else "User"
