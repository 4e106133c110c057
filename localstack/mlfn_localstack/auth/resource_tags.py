"""The tags of what a request is about: condition keys `aws:ResourceTag/…`, looked up only if a policy asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import RequestContext
    from mlfn_localstack.store import Store

PREFIX = "aws:resourcetag/"


def _after(mark: str) -> Callable[[str], str]:
    return lambda arn: arn.partition(mark)[2]


_KEPT: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "dynamodb": ("dynamodb-table", lambda arn: _after(":table/")(arn).partition("/")[0]),
    "ecr": ("ecr-repository", _after(":repository/")),
    "lambda": ("lambda.function", lambda arn: _after(":function:")(arn).partition(":")[0]),
    "logs": ("logs-group", lambda arn: _after(":log-group:")(arn).partition(":")[0]),
    "sns": ("sns-topic", lambda arn: arn.rpartition(":")[2]),
    "sqs": ("sqs-queue", lambda arn: arn.rpartition(":")[2]),
    "ssm": ("ssm-parameter", _after(":parameter")),
    "stepfunctions": ("sfn-tags", lambda arn: arn),
}
"""Service -> kind of its documents, and which of them an ARN means."""


class ResourceTags:
    """Reads tags where the services keep them."""

    def __init__(self, store: Store) -> None:
        self._kept = {service: (store.documents(kind), key) for service, (kind, key) in _KEPT.items()}

    def of(self, context: RequestContext, resource: str) -> Mapping[str, str]:
        """The tags of a resource; none, if it is not there or its service has no tags here."""
        documents, key = self._kept.get(context.service, (None, None))
        if documents is None or key is None:
            return {}
        name = key(resource)
        found = documents.get(name) or documents.get(name.removeprefix("/")) or {}
        return _as_map(found if context.service == "stepfunctions" else found.get("Tags", found.get("tags")))


def _as_map(tags: Any) -> dict[str, str]:
    """From a map, or from a list of pairs or of `Key` and `Value`."""
    if isinstance(tags, dict):
        return tags
    pairs = [(tag["Key"], tag["Value"]) if isinstance(tag, dict) else tuple(tag) for tag in tags or ()]
    return dict(pairs)
