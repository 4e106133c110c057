"""What is kept: buckets, keys and images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_engine.planning.templates import in_words
from mlfn_templates.rules.encryption import is_for_logs
from mlfn_templates.rules.stack import as_list, statements
from mlfn_templates.rules.trail import AUDIT_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
from mlfn_templates.rules.stack import Resource, Stack

_KEPT = (
    "AWS::ECR::Repository",
    "AWS::KMS::Key",
    "AWS::Lambda::Version",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
)
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_LOCK_DAYS = 366
"""Longer than records live."""


def retention(stack: Stack) -> Iterator[Finding]:
    """Evidence and what a rollback needs stay when a stack goes or replaces them."""
    for resource in stack.resources:
        if resource.kind not in _KEPT and resource.name != AUDIT_TABLE:
            continue
        if resource.body.get("DeletionPolicy") not in ("Retain", "RetainExceptOnCreate"):
            yield resource.says("retained", "it goes with its stack: set DeletionPolicy to Retain")
        if resource.body.get("UpdateReplacePolicy") != "Retain":
            yield resource.says("retained", "it goes when it is replaced: set UpdateReplacePolicy to Retain")


def buckets(stack: Stack) -> Iterator[Finding]:
    """Buckets are private, encrypted, versioned, and take no plain HTTP."""
    for bucket in stack.of("AWS::S3::Bucket"):
        if not all(bucket.get("PublicAccessBlockConfiguration", name) is True for name in _BLOCKS):
            yield bucket.says("bucket-public", "it can be made public: set all four of PublicAccessBlockConfiguration")
        if not bucket.get("BucketEncryption", "ServerSideEncryptionConfiguration"):
            yield bucket.says("bucket-encryption", "set BucketEncryption")
        if bucket.get("VersioningConfiguration", "Status") != "Enabled":
            yield bucket.says("bucket-versions", "what is overwritten is lost: enable versions")
        owners = [rule.get("ObjectOwnership") for rule in as_list(bucket.get("OwnershipControls", "Rules"))]
        if owners != ["BucketOwnerEnforced"]:
            yield bucket.says("bucket-owner", "objects may belong to others: set BucketOwnerEnforced")
        yield from _expiry(bucket)
        if not any(_refuses_http(policy) for policy in _policies_of(stack, bucket)):
            yield bucket.says("bucket-tls", "its policy does not refuse plain HTTP")


def _expiry(bucket: Resource) -> Iterator[Finding]:
    for rule in as_list(bucket.get("LifecycleConfiguration", "Rules")):
        if "ExpirationInDays" in rule and not rule.get("Prefix"):
            yield bucket.says("bucket-expiry", f"{rule.get('Id')} expires everything, data keys among it: set a Prefix")


def _policies_of(stack: Stack, bucket: Resource) -> list[Resource]:
    found = stack.of("AWS::S3::BucketPolicy")
    return [policy for policy in found if in_words(policy.get("Bucket")) == bucket.name]


def _refuses_http(policy: Resource) -> bool:
    return any(
        statement.effect == "Deny"
        and "s3:*" in statement.actions
        and statement.condition.get("Bool", {}).get("aws:SecureTransport") == "false"
        for statement in statements(policy, policy.get("PolicyDocument"))
    )


def bucket_policies(stack: Stack) -> Iterator[Finding]:
    """No bucket lets everybody in."""
    for policy in stack.of("AWS::S3::BucketPolicy"):
        for statement in statements(policy, policy.get("PolicyDocument")):
            if statement.effect != "Deny" and "*" in _principals(statement.body):
                yield policy.says("bucket-public", "everybody may use the bucket")


def _principals(body: dict[str, Any]) -> list[Any]:
    principal = body.get("Principal")
    return as_list(principal.get("AWS")) if isinstance(principal, dict) else as_list(principal)


def checkpoints(stack: Stack) -> Iterator[Finding]:
    """Checkpoints are locked: nobody takes one away before its time."""
    bucket = stack.named("SealBucket", "AWS::S3::Bucket")
    if bucket is None:
        return
    kept = bucket.get("ObjectLockConfiguration", "Rule", "DefaultRetention") or {}
    if bucket.get("ObjectLockEnabled") is not True or not kept:
        yield bucket.says("object-lock", "checkpoints can be deleted: enable the object lock with a default retention")
        return
    mode, days = _default(stack, kept.get("Mode")), _default(stack, kept.get("Days"))
    if mode != "COMPLIANCE":
        yield bucket.says("object-lock", "who may bypass the lock can delete checkpoints: use COMPLIANCE")
    if not isinstance(days, int) or days < _LOCK_DAYS:
        yield bucket.says("object-lock", f"checkpoints are locked for {days} days, not as long as records live")


def _default(stack: Stack, value: Any) -> Any:
    parameter = stack.parameter(value)
    return value if parameter is None else parameter.get("Default")


def encryption_keys(stack: Stack) -> Iterator[Finding]:
    """Keys are the account's own, rotate, and do not go at once."""
    for key in stack.of("AWS::KMS::Key"):
        symmetric = key.get("KeySpec") in (None, "SYMMETRIC_DEFAULT")
        if symmetric and key.get("EnableKeyRotation") is not True:
            yield key.says("key-rotation", "set EnableKeyRotation")
        if int(key.get("PendingWindowInDays") or 30) < 7:
            yield key.says("key-deletion", "PendingWindowInDays is below 7")
        if key.get("Enabled") is False:
            yield key.says("key-enabled", "it is switched off")
        for statement in statements(key, key.get("KeyPolicy")):
            owners = [in_words(each) for each in _principals(statement.body)]
            if owners != ["arn:${AWS::Partition}:iam::${AWS::AccountId}:root"] and not is_for_logs(statement):
                yield key.says("key-policy", f"{', '.join(owners) or 'somebody'} may use it, past IAM")


def repositories(stack: Stack) -> Iterator[Finding]:
    """A tag is one image for ever, and an image that has one stays."""
    for repository in stack.of("AWS::ECR::Repository"):
        if repository.get("ImageTagMutability") != "IMMUTABLE":
            yield repository.says("image-tags", "a tag can be moved to another image: set IMMUTABLE")
        if repository.get("ImageScanningConfiguration", "ScanOnPush") is not True:
            yield repository.says("image-scan", "set ScanOnPush")
        if any(_takes_tagged(rule) for rule in _lifecycle(repository)):
            yield repository.says(
                "image-expiry", "images that versions and rollbacks need expire: expire untagged ones"
            )
        for statement in statements(repository, repository.get("RepositoryPolicyText")):
            if not statement.condition or "*" in _principals(statement.body):
                yield repository.says("image-policy", "others than this account's functions may pull or push")


def _lifecycle(repository: Resource) -> list[Any]:
    text = repository.get("LifecyclePolicy", "LifecyclePolicyText")
    return list(json.loads(text).get("rules", ())) if isinstance(text, str) else []


def _takes_tagged(rule: dict[str, Any]) -> bool:
    return bool(rule.get("selection", {}).get("tagStatus") != "untagged")
