"""A bucket's policy: what it has to be.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.policy import PolicySyntaxError, parse_policy
from mlfn_localstack.auth.publicity import is_public
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.auth.policy import Statement
    from mlfn_localstack.service import RequestContext
    from mlfn_localstack.services.s3.model import Bucket

_ON_OBJECTS = frozenset({"s3:abortmultipartupload", "s3:listmultipartuploadparts"})
_ARN = "arn:aws:s3:::"
_MAX_BYTES = 20_480


def check_policy(text: str, bucket: Bucket) -> None:
    """Refuse what is no policy of this bucket.

    Raises:
        ServiceError: MalformedPolicy.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    if "Statement" not in document:
        raise _malformed("Missing required field Statement")
    if len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()) > _MAX_BYTES:
        raise _malformed(f"Normalized policy document exceeds the maximum allowed size of {_MAX_BYTES} bytes")
    if document["Statement"] == []:
        raise _malformed("Could not parse the policy: Statement is empty!")
    _check_fields(document["Statement"])
    try:
        statements = parse_policy(text)
    except PolicySyntaxError as error:
        raise _malformed(str(error)) from error
    for statement in statements:
        _check_statement(statement, bucket["Name"])


def check_public(context: RequestContext, text: str, bucket: Bucket) -> None:
    """Refuse a policy that lets everybody in, where that is blocked.

    Raises:
        ServiceError: AccessDenied.
    """
    if not bucket["Settings"].get("PublicAccessBlockConfiguration", {}).get("BlockPublicPolicy") or not is_public(text):
        return
    message = (
        f'User: {context.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "{_ARN}'
        f'{bucket["Name"]}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public '
        "Access."
    )
    raise ServiceError("AccessDenied", message, status=403)


def _check_fields(statements: Any) -> None:
    for each in statements if isinstance(statements, list) else [statements]:
        if not isinstance(each, dict):
            continue  # which is told in the policy language's own words
        for name in ("Effect", "Principal", "Action", "Resource"):
            if name not in each and f"Not{name}" not in each:
                raise _malformed(f"Missing required field {name}")


def _check_statement(statement: Statement, bucket: str) -> None:
    if any(not action.lower().startswith("s3:") and action != "*" for action in statement.actions):
        raise _malformed("Policy has invalid action")
    for resource in statement.resources:
        if resource.removeprefix(_ARN).partition("/")[0] != bucket or not resource.startswith(_ARN):
            raise _malformed("Policy has invalid resource")
    kinds = {"/" in resource for resource in statement.resources}
    if statement.not_actions or statement.not_resources:
        return
    if any(
        is_on_objects not in kinds
        for is_on_objects in map(_is_on_objects, statement.actions)
        if is_on_objects is not None
    ):
        raise _malformed("Action does not apply to any resource(s) in statement")


def _is_on_objects(action: str) -> bool | None:
    """Whether an action is on objects, or on buckets; None for patterns, which may be on either."""
    if "*" in action or "?" in action:
        return None
    name = action.lower()
    return name in _ON_OBJECTS or ("object" in name and "bucket" not in name)


def _malformed(message: str) -> ServiceError:
    return ServiceError("MalformedPolicy", message)
