"""The condition keys that a request's own parameters give.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from mlfn_localstack.auth.context_keys import Keys
    from mlfn_localstack.service import Params

_MEMBERS = {
    "cloudformation": {
        "cloudformation:changesetname": "ChangeSetName",
        "cloudformation:resourcetypes": "ResourceTypes",
        "cloudformation:rolearn": "RoleARN",
        "cloudformation:stackpolicyurl": "StackPolicyURL",
        "cloudformation:templateurl": "TemplateURL",
    },
    "iam": {"iam:policyarn": "PolicyArn", "iam:permissionsboundary": "PermissionsBoundary"},
    "lambda": {"lambda:principal": "Principal"},
    "s3": {
        "s3:delimiter": "Delimiter",
        "s3:if-match": "IfMatch",
        "s3:if-none-match": "IfNoneMatch",
        "s3:max-keys": "MaxKeys",
        "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
        "s3:object-lock-mode": "ObjectLockMode",
        "s3:versionid": "VersionId",
        "s3:x-amz-acl": "ACL",
        "s3:x-amz-copy-source": "CopySource",
        "s3:x-amz-metadata-directive": "MetadataDirective",
        "s3:x-amz-server-side-encryption": "ServerSideEncryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
        "s3:x-amz-storage-class": "StorageClass",
    },
    "sns": {"sns:endpoint": "Endpoint", "sns:protocol": "Protocol"},
}
"""Service -> key -> the member that is its value."""
_TAGS = ("Tags", "tags")
_TAG_KEYS = ("TagKeys", "tagKeys")


def asked_keys(service: str, params: Params) -> Keys:
    """What a request's parameters say to policies: the tags it sets or removes, and what its service names."""
    keys: Keys = {}
    for member in _TAGS:
        if params.get(member):
            keys |= _request_tags(params[member])
    for member in _TAG_KEYS:
        if params.get(member):
            keys["aws:tagkeys"] = tuple(params[member])
    members = _MEMBERS.get(service)
    if members:
        keys |= {key: _texts(params[member]) for key, member in members.items() if params.get(member) is not None}
        if service == "s3" and params.get("Tagging"):
            keys |= _object_tags(params["Tagging"])
    return keys


def _request_tags(given: Any) -> Keys:
    """From a map, or from a list of pairs in either spelling; CloudWatch Logs also removes tags by a list of names."""
    if isinstance(given, dict):
        tags = dict(given)
    elif all(isinstance(name, str) for name in given):
        return {"aws:tagkeys": tuple(given)}
    else:
        tags = {_either(tag, "Key"): _either(tag, "Value") for tag in given if isinstance(tag, dict)}
    own = {key: value for key, value in tags.items() if not key.startswith("aws:")}
    keys: Keys = {f"aws:requesttag/{key}".lower(): (value,) for key, value in own.items()}
    return keys | {"aws:tagkeys": tuple(own)} if own else keys


def _either(tag: dict[str, Any], name: str) -> str:
    return str(tag.get(name) or tag.get(name.lower()) or tag.get(f"Tag{name}") or "")


def _object_tags(tagging: Any) -> Keys:
    """Of a header (`a=1&b=2`), or of PutObjectTagging's document."""
    if isinstance(tagging, str):
        tags = dict(parse_qsl(tagging, keep_blank_values=True))
    else:
        tags = {tag.get("Key", ""): tag.get("Value", "") for tag in tagging.get("TagSet", ())}
    keys: Keys = {f"s3:requestobjecttag/{key}".lower(): (value,) for key, value in tags.items()}
    return keys | {"s3:requestobjecttagkeys": tuple(tags)}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
