"""TagResource, UntagResource, GetTags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_ARN = re.compile(r"arn:aws[a-z-]*:apigateway:[a-z0-9-]+::/apis/(?P<api>[a-z0-9]+)(?:/stages/(?P<stage>.+))?")


class TagOperations:
    """Tags of APIs and stages."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"TagResource": self.tag, "UntagResource": self.untag, "GetTags": self.get}

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        document, put = self._resource(params["ResourceArn"])
        put({**document, "Tags": {**document["Tags"], **(params.get("Tags") or {})}})
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        document, put = self._resource(params["ResourceArn"])
        put({**document, "Tags": {k: v for k, v in document["Tags"].items() if k not in params["TagKeys"]}})
        return {}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """The tags of an API or stage."""
        document, _ = self._resource(params["ResourceArn"])
        return {"Tags": dict(document["Tags"])}

    def _resource(self, arn: str) -> tuple[Document, Callable[[Document], None]]:
        match = _ARN.fullmatch(arn)
        if match is None:
            raise errors.bad_request(f"Invalid resource ARN specified: {arn}")
        api_id, stage = match["api"], match["stage"]
        if stage is None:
            return self._apis.get(api_id), self._apis.put
        found = self._apis.part(api_id, Part.STAGE, stage)
        return found, lambda body: self._apis.put_part(api_id, Part.STAGE, stage, body)
