"""TagResource and UntagResource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.secretsmanager.errors import invalid

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
        self._state.save(secret | {"Tags": secret["Tags"] | tags_of(params)})
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        secret = self._state.usable(params["SecretId"])
        kept = {key: value for key, value in secret["Tags"].items() if key not in params["TagKeys"]}
        self._state.save(secret | {"Tags": kept, "WasTagged": True})
        return {}


def tags_of(params: Params) -> dict[str, str]:
    """The tags that are given, by key.

    Raises:
        ServiceError: InvalidParameterException, when one has no key or no value.
    """
    given = params.get("Tags") or ()
    if not all("Key" in tag and "Value" in tag for tag in given):
        raise invalid("You must provide a key and a value for each tag.")
    return {tag["Key"]: tag["Value"] for tag in given}
