"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.tags import tag_list, tag_map
from mlfn_localstack.services.sns import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sns.model import SnsState, Topic

MAX_TAGS = 50


def checked_tags(given: list[dict[str, str]]) -> dict[str, str]:
    """Tags by key.

    Raises:
        ServiceError: InvalidParameter: a key is there twice.
    """
    tags = tag_map(given)
    if len(tags) < len(given):
        raise errors.invalid("Duplicated keys are not allowed.")
    return tags


class TagOperations:
    """Tags of topics."""

    def __init__(self, state: SnsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"TagResource": self.tag, "UntagResource": self.untag, "ListTagsForResource": self.list}

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        topic = self._topic(params)
        tags = topic["Tags"] | checked_tags(params["Tags"])
        if len(tags) > MAX_TAGS:
            raise ServiceError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
        self._state.put_topic({**topic, "Tags": tags})
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        topic = self._topic(params)
        kept = {key: value for key, value in topic["Tags"].items() if key not in params["TagKeys"]}
        self._state.put_topic({**topic, "Tags": kept})
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """The tags."""
        return {"Tags": tag_list(self._topic(params)["Tags"])}

    def _topic(self, params: Params) -> Topic:
        topic = self._state.find_topic(params["ResourceArn"])
        if topic is None:
            raise ServiceError("ResourceNotFound", "Resource does not exist", status=404)
        return topic
