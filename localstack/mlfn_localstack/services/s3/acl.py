"""Access control lists: what a request gives others, by a name, by headers or by a whole list.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.actions import action_of
from mlfn_localstack.auth.open_buckets import AUTHENTICATED, EVERYBODY
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request
from mlfn_localstack.services.s3.owner_ids import owner_id

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.services.s3.model import Bucket

Grant = dict[str, Any]
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_GROUPS = (EVERYBODY, AUTHENTICATED, _LOG_DELIVERY)
_PERMISSIONS = ("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP")
_OWN = ("private", "bucket-owner-full-control", "bucket-owner-read")
"""Lists that give nobody but the account anything."""
_CANNED = {
    **dict.fromkeys(_OWN, ()),
    "public-read": ((EVERYBODY, "READ"),),
    "public-read-write": ((EVERYBODY, "READ"), (EVERYBODY, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "log-delivery-write": ((_LOG_DELIVERY, "WRITE"), (_LOG_DELIVERY, "READ_ACP")),
}
_HEADERS = {
    "GrantFullControl": ("x-amz-grant-full-control", "FULL_CONTROL"),
    "GrantRead": ("x-amz-grant-read", "READ"),
    "GrantReadACP": ("x-amz-grant-read-acp", "READ_ACP"),
    "GrantWrite": ("x-amz-grant-write", "WRITE"),
    "GrantWriteACP": ("x-amz-grant-write-acp", "WRITE_ACP"),
}
_GIVING = frozenset({"ACL", "AccessControlPolicy", *_HEADERS})
_CANONICAL_ID = re.compile(r"[0-9a-f]{64}")


def is_enforced(bucket: Bucket) -> bool:
    """Whether the bucket's owner owns everything, and lists are switched off."""
    rules = bucket["Settings"].get("OwnershipControls", {}).get("Rules", [])
    return bool(rules) and rules[0].get("ObjectOwnership") == "BucketOwnerEnforced"


def not_supported() -> ServiceError:
    """Lists are switched off."""
    return ServiceError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def gives_a_list(params: Params) -> bool:
    """Whether a request says anything of access."""
    return not params.keys().isdisjoint(_GIVING)


def given_list(context: RequestContext, bucket: Bucket, params: Params) -> list[Grant] | None:
    """The list that a request gives; None: it says nothing of access, and the owner has it all.

    Raises:
        ServiceError: it is malformed, or lists are switched off, or public ones blocked.
    """
    if not gives_a_list(params):
        return None
    canned = params.get("ACL")
    by_header = any(name in params for name in _HEADERS)
    if canned is not None and by_header:
        raise invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if "AccessControlPolicy" in params and (canned is not None or by_header):
        raise ServiceError("UnexpectedContent", "This request does not support content")
    owner = owner_id(context.account_id)
    if canned is not None:
        grants = _by_name(canned, owner)
    else:
        grants = _by_headers(params) if by_header else _whole(params["AccessControlPolicy"])
    if canned not in _OWN and is_enforced(bucket):
        raise not_supported()
    _check_public(context, bucket, params, grants)
    return grants


def lets_others_in(bucket: Bucket) -> bool:
    """Whether the bucket has a list that gives somebody else anything."""
    return any("URI" in grant["Grantee"] for grant in bucket["Settings"].get("Acl", ()))


def shown_list(context: RequestContext, grants: list[Grant] | None) -> dict[str, Any]:
    """What who asks for a list is answered."""
    owner = owner_id(context.account_id)
    return {"Owner": {"ID": owner}, "Grants": [_own(owner)] if grants is None else grants}


def _own(owner: str) -> Grant:
    return {"Grantee": {"ID": owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}


def _group(uri: str, permission: str) -> Grant:
    return {"Grantee": {"URI": uri, "Type": "Group"}, "Permission": permission}


def _by_name(canned: str, owner: str) -> list[Grant]:
    if canned == "aws-exec-read":
        message = "The emulator has no EC2 that the ACL aws-exec-read could let in: use bucket policies."
        raise ServiceError("NotImplemented", message, status=501)
    if canned not in _CANNED:
        raise invalid_argument("", name="x-amz-acl", value=canned)
    return [_own(owner), *(_group(uri, permission) for uri, permission in _CANNED[canned])]


def _by_headers(params: Params) -> list[Grant]:
    """The owner has only what the headers give, too."""
    return [
        {"Grantee": _named(part.strip(), header), "Permission": permission}
        for name, (header, permission) in _HEADERS.items()
        for part in params.get(name, "").split(",")
        if part.strip()
    ]


def _named(text: str, header: str) -> dict[str, str]:
    kind, _, quoted = text.partition("=")
    value = quoted.strip().strip("\"'")
    match kind.strip().lower():
        case "uri":
            _check_group(value, "uri")
            return {"URI": value, "Type": "Group"}
        case "id":
            _check_user(value, "id")
            return {"ID": value, "Type": "CanonicalUser"}
        case "emailaddress":
            raise _no_addresses()
        case _:
            raise invalid_argument("Argument format not recognized", name=header, value=text)


def _whole(policy: dict[str, Any]) -> list[Grant]:
    if "Owner" not in policy or "Grants" not in policy:
        raise _malformed()
    _check_user(policy["Owner"].get("ID", ""), "CanonicalUser/ID")
    return [_checked(grant) for grant in policy["Grants"]]


def _checked(grant: Grant) -> Grant:
    grantee = grant.get("Grantee", {})
    if grant.get("Permission") not in _PERMISSIONS:
        raise _malformed()
    match grantee.get("Type"):
        case "Group":
            _check_group(grantee.get("URI", ""), "Group/URI")
            return _group(grantee["URI"], grant["Permission"])
        case "CanonicalUser":
            _check_user(grantee.get("ID", ""), "CanonicalUser/ID")
            return {"Grantee": {"ID": grantee["ID"], "Type": "CanonicalUser"}, "Permission": grant["Permission"]}
        case "AmazonCustomerByEmail":
            raise _no_addresses()
        case _:
            raise _malformed()


def _check_group(uri: str, name: str) -> None:
    if uri not in _GROUPS:
        raise invalid_argument("Invalid group uri", name=name, value=uri)


def _check_user(identifier: str, name: str) -> None:
    """Of other accounts nothing is known but how they are called."""
    if not _CANONICAL_ID.fullmatch(identifier):
        raise invalid_argument("Invalid id", name=name, value=identifier)


def _check_public(context: RequestContext, bucket: Bucket, params: Params, grants: list[Grant]) -> None:
    blocked = bucket["Settings"].get("PublicAccessBlockConfiguration", {}).get("BlockPublicAcls")
    if not blocked or not any(grant["Grantee"].get("URI") in (EVERYBODY, AUTHENTICATED) for grant in grants):
        return
    resource = f"arn:aws:s3:::{bucket['Name']}" + (f"/{params['Key']}" if "Key" in params else "")
    message = (
        f"User: {context.caller.arn} is not authorized to perform: {action_of('s3', context.operation)} on resource: "
        f'"{resource}" because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.'
    )
    raise ServiceError("AccessDenied", message, status=403)


def _no_addresses() -> ServiceError:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee"""
    return ServiceError("MethodNotAllowed", "The specified method is not allowed against this resource.", status=405)


def _malformed() -> ServiceError:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return ServiceError("MalformedACLError", message)
