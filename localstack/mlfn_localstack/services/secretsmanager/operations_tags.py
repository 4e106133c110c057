"""TagResource and UntagResource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.events.tags import tag_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.model import SecretState


class TagOperations:
    """Tags of secrets."""

    def __init__(self, state: SecretState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"TagResource": self.tag, "UntagResource": self.untag}

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        secret = self._state.usable(params["SecretId"])
        self._state.save(secret | {"Tags": secret["Tags"] | tag_map(params["Tags"])})
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        secret = self._state.usable(params["SecretId"])
        kept = {key: value for key, value in secret["Tags"].items() if key not in params["TagKeys"]}
        self._state.save(secret | {"Tags": kept, "WasTagged": True})
        return {}
