"""What a session is given beside its role: policies that narrow it, tags, and who is behind it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import PolicySyntaxError, parse_policy
from mlfn_localstack.service import Session
from mlfn_localstack.services.sts import errors

if TYPE_CHECKING:
    from mlfn_localstack.auth.identities import Identities
    from mlfn_localstack.service import Params

_PLAIN_LIMIT = 2_048
_PACKED_LIMIT_BYTES = 512
"""What a session's policies and tags may take up; how AWS packs them it does not say."""
Tags = dict[str, str]


def new_session(params: Params, calling: Session | None, identities: Identities, now: int) -> Session:
    """What AssumeRole's parameters ask for, with what the calling session hands on.

    Raises:
        ServiceError: ValidationError, InvalidParameterValue, MalformedPolicyDocument, PackedPolicyTooLarge.
    """
    inherited = {key: value for key, value in calling.tags if key in calling.transitive} if calling else {}
    tags = _tags(params, inherited)
    return Session(
        issued_at=now,
        policies=_policies(params, identities),
        tags=tuple((inherited | tags).items()),
        transitive=(*inherited, *params.get("TransitiveTagKeys", ())),
        source_identity=params.get("SourceIdentity") or (calling.source_identity if calling else ""),
    )


def packed_size(params: Params) -> int | None:
    """How much of what there is room for policies and tags take, in percent; None where none are given.

    Raises:
        ServiceError: PackedPolicyTooLarge.
    """
    parts = [params.get("Policy", ""), *(each["arn"] for each in params.get("PolicyArns", ()))]
    parts += [f"{tag['Key']}\0{tag['Value']}" for tag in params.get("Tags", ())]
    text = "\0".join(part for part in parts if part)
    if not text:
        return None
    percent = math.ceil(100 * len(zlib.compress(text.encode(), 9)) / _PACKED_LIMIT_BYTES)
    if percent > 100:
        raise errors.packed_too_large(percent, tags=not (params.get("Policy") or params.get("PolicyArns")))
    return percent


def _tags(params: Params, inherited: Tags) -> Tags:
    tags: Tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
    keys = {key.lower() for key in tags}
    if len(keys) < len(params.get("Tags", ())):
        raise errors.duplicate_tags()
    if not {key.lower() for key in params.get("TransitiveTagKeys", ())} <= keys:
        raise errors.transitive_unknown()
    if keys & {key.lower() for key in inherited}:
        raise errors.transitive_conflict()
    return tags


def _policies(params: Params, identities: Identities) -> tuple[str, ...]:
    inline, arns = params.get("Policy"), [each["arn"] for each in params.get("PolicyArns", ())]
    if inline is not None:
        _check_inline(inline)
    missing = next((arn for arn in arns if identities.managed_policy(arn) is None), None)
    if missing is not None:
        raise errors.no_policy(missing)
    return (*([] if inline is None else [inline]), *arns)


def _check_inline(text: str) -> None:
    if len(text) > _PLAIN_LIMIT:
        raise errors.policy_too_long(text, _PLAIN_LIMIT)
    try:
        statements = parse_policy(text)
    except PolicySyntaxError as error:
        raise errors.malformed_policy(str(error)) from error
    if any(statement.principals is not None for statement in statements):
        raise errors.malformed_policy("Policy document should not specify a principal.")
    if not all(statement.resources for statement in statements):
        raise errors.malformed_policy("Policy statement must contain resources.")
