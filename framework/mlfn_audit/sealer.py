"""The sealer as a function of the platform: `mlfn_audit.sealer:handler`, run by a schedule."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from mlfn_audit.bucket import CheckpointBucket
from mlfn_audit.directory import deployed_models, enter_models, known_models, origin
from mlfn_audit.seal_table import TableSealer
from mlfn_audit.signing import file_signer, kms_signer

if TYPE_CHECKING:
    from mlfn_audit.note import Signer

logger = Logger()
metrics = Metrics(namespace="mlfn")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Seal what is new in the stage's trail; safe to run twice, at once, or again after being killed.

    `{"everything": true}` looks through all hours, for what was added to calls of long ago.
    """
    outcome = _sealer(_account(context.invoked_function_arn)).run(everything=event.get("everything") is True)
    summary = outcome.to_json()
    metrics.add_metric(name="RecordsSealed", unit=MetricUnit.Count, value=outcome.sealed)
    metrics.add_metric(name="AuditUnreadable", unit=MetricUnit.Count, value=outcome.unreadable)
    logger.info("sealed", extra={"outcome": summary})
    return summary


@cache
def _sealer(account: str) -> TableSealer:
    table, stage = os.environ["MLFN_AUDIT_TABLE"], os.environ["MLFN_STAGE"]
    # boto3 finds region, credentials and an emulator's AWS_ENDPOINT_URL in the environment
    tables: Any = boto3.client("dynamodb")
    stacks: Any = boto3.client("cloudformation")
    buckets: Any = boto3.client("s3")

    def models() -> set[str]:
        found, known = deployed_models(stacks, stage), known_models(tables, table)
        enter_models(tables, table, found - known)
        return found | known

    name = origin(tables, table, os.environ["AWS_REGION"], account)
    return TableSealer(
        client=tables,
        table=table,
        bucket=CheckpointBucket(client=buckets, name=os.environ["MLFN_SEAL_BUCKET"], trail=name),
        signer=_signer(os.environ["MLFN_SEAL_KEY"], name),
        models=models,
    )


def _signer(key: str, name: str) -> Signer:
    """A KMS key by its id or ARN, or `file:` and the path of a local one."""
    if key.startswith("file:"):
        return file_signer(Path(key.removeprefix("file:")), name)
    client: Any = boto3.client("kms")
    return kms_signer(client, key, name)


def _account(function_arn: str) -> str:
    return function_arn.split(":")[4]
