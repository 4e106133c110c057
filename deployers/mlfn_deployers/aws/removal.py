"""Taking away what is meant to last: the audit table, the repository and the data bucket of a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn_deployers.aws.platform import platform_name, seal_name
from mlfn_engine.deployer import Removal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_cloudformation import CloudFormationClient

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.stacks.change_sets import Stacks
    from mlfn_engine.reporting import Reporter

GONE = frozenset({"ResourceNotFoundException", "NoSuchBucket", "RepositoryNotFoundException", "NotFoundException"})
KEY_WINDOW_DAYS = 7
"""The least that KMS waits before it deletes a key; until then it cannot be used."""


def apps_of(client: CloudFormationClient, stage: str) -> list[str]:
    """The stacks of apps in a stage, by name."""
    pages = client.get_paginator("describe_stacks").paginate()
    stacks = [stack for page in pages for stack in page["Stacks"]]
    wanted = {"mlfn:stage": stage}
    return sorted(
        stack["StackName"]
        for stack in stacks
        if "mlfn:app" in (tags := {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])})
        and wanted.items() <= tags.items()
    )


def made_stage_key(client: CloudFormationClient, outputs: Mapping[str, str], stage: str) -> str | None:
    """The key that a base stack made for what the stage keeps; None where it has none, or the user's own."""
    if "StageKey" not in outputs:
        return None
    try:
        client.describe_stack_resource(StackName=f"mlfn-base-{stage}", LogicalResourceId="StageKey")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return outputs["StageKey"]


def remove_base(clients: Clients, stacks: Stacks, stage: str, reporter: Reporter) -> Removal:
    """Delete a stage's own stacks, then what they retain; what a lock still holds is named, not forced."""
    seal, outputs = stacks.outputs(seal_name(stage)), stacks.outputs(f"mlfn-base-{stage}")
    made_key = made_stage_key(clients.cloudformation, outputs, stage)
    removed, retained = [], []
    for stack in (platform_name(stage), seal_name(stage), f"mlfn-base-{stage}"):
        if stacks.delete(stack, reporter):
            removed.append(f"stack {stack}")
    table, bucket, key = outputs.get("AuditTable"), outputs.get("DataBucket"), outputs.get("DataKey")
    steps: list[tuple[str | None, Callable[[str], str | None]]] = [
        (table, lambda name: _remove_table(clients, name)),
        (bucket, lambda name: _remove_bucket(clients, name)),
        (f"mlfn-{stage}", lambda name: _remove_repository(clients, name)),
        (key, lambda name: _remove_key(clients, name)),
        (made_key, lambda name: _remove_key(clients, name)),
        (seal.get("SealBucket"), lambda name: _remove_seal(clients, name, seal["SealKey"])),
    ]
    for name, step in steps:
        if name is None:
            continue
        reporter.report(name, "removing")
        match _outcome(step, name):
            case "":
                removed.append(
                    f"{name} (KMS deletes it in {KEY_WINDOW_DAYS} days)" if name in (key, made_key) else name
                )
                if name == seal.get("SealBucket"):
                    removed.append(f"{seal['SealKey']} (KMS deletes it in {KEY_WINDOW_DAYS} days)")
            case str() as reason:
                retained.append(f"{name} ({reason})")
    return Removal(removed=tuple(removed), retained=tuple(retained))


def _outcome(step: Callable[[str], str | None], name: str) -> str | None:
    """Why something is still there; empty if it was removed now, None if it was gone before."""
    try:
        return step(name) or ""
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        return error.response["Error"].get("Message", "refused")


def _remove_table(clients: Clients, name: str) -> None:
    clients.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    clients.dynamodb.get_waiter("table_exists").wait(TableName=name)
    clients.dynamodb.delete_table(TableName=name)


def _remove_bucket(clients: Clients, name: str, **options: Any) -> None:
    for page in clients.s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            clients.s3.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"], **options)
    clients.s3.delete_bucket(Bucket=name)


def _remove_seal(clients: Clients, bucket: str, key: str) -> str | None:
    """Remove checkpoints and the key that signs them; why not, if their lock still holds (the key verifies them)."""
    try:
        _remove_bucket(clients, bucket, BypassGovernanceRetention=True)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return f"locked until {_locked_until(clients, bucket)}"
    _remove_key(clients, key)
    return None


def _locked_until(clients: Clients, bucket: str) -> str:
    """When the last object may be deleted."""
    pages = clients.s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    newest = max((entry for page in pages for entry in page.get("Versions", [])), key=lambda one: one["LastModified"])
    seen = clients.s3.head_object(Bucket=bucket, Key=newest["Key"], VersionId=newest["VersionId"])
    return f"{seen['ObjectLockRetainUntilDate']:%Y-%m-%d}"


def _remove_repository(clients: Clients, name: str) -> None:
    clients.ecr.delete_repository(repositoryName=name, force=True)


def _remove_key(clients: Clients, arn: str) -> None:
    clients.kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=KEY_WINDOW_DAYS)
