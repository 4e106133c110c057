"""The data keys of a deployed stage: where its base stack says they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from mlfn.errors import DeployError
from mlfn_audit.data_keys import DataKeys

if TYPE_CHECKING:
    from mlfn_audit.data_keys import KeyBucketClient
    from mlfn_deployers.aws.api.clients import Clients


@dataclass(frozen=True, slots=True, kw_only=True)
class StageKeys:
    """A stage's data keys, the KMS key that wraps them, and the bucket they lie in."""

    keys: DataKeys
    wrapping_key: str
    bucket: str


def stage_keys(clients: Clients, stage: str) -> StageKeys:
    """The data keys of a stage.

    Raises:
        DeployError: the stage is not deployed, or by an mlfn that made no data keys.
    """
    try:
        (stack,) = clients.cloudformation.describe_stacks(StackName=f"mlfn-base-{stage}")["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise _missing(stage) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if not outputs.keys() >= {"DataBucket", "DataKey"}:
        raise _missing(stage)
    return keys_from(outputs, clients, stage)


def keys_from(outputs: dict[str, str], clients: Clients, stage: str) -> StageKeys:
    """The data keys that a base stack's outputs name."""
    s3 = cast("KeyBucketClient", clients.s3)  # boto3's stubs type each keyword; the protocol takes any
    bucket = outputs["DataBucket"]
    keys = DataKeys(s3, clients.kms, bucket=bucket, stage=stage)
    return StageKeys(keys=keys, wrapping_key=outputs["DataKey"], bucket=bucket)


def _missing(stage: str) -> DeployError:
    return DeployError(f"Stage {stage!r} has no data keys.", hint=f"Deploy an app there: mlfn deploy --stage {stage}")
