"""Log files on their way into a trail's bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import gzip
import logging
import secrets
import string
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import AccessRequest, Decision, evaluate, parse_policy
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudtrail import errors

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudtrail.model import Trail, TrailState

PRINCIPAL = "cloudtrail.amazonaws.com"
_FILE_RECORDS = 5_000
_LOG = logging.getLogger(__name__)
_ALPHABET = string.ascii_letters + string.digits


async def deliver_all(state: TrailState) -> None:
    """Write what every trail has pending into its bucket."""
    for _, trail in state.trails.items():
        while records := state.pending(trail["Name"], _FILE_RECORDS):
            if not await _deliver(state, trail, [text for _, text in records]):
                break
            state.delivered(trail["Name"], records[-1][0])
            await state.environment.store.durable()


async def _deliver(state: TrailState, trail: Trail, records: list[str]) -> bool:
    body = gzip.compress(f'{{"Records":[{",".join(records)}]}}'.encode(), 6)
    key = _key(state, trail)
    put = {"Bucket": trail["S3BucketName"], "Key": key, "Body": body, "ContentType": "application/json"}
    put["ContentEncoding"] = "gzip"
    failure = ""
    try:
        await state.environment.gateway.call("s3", "PutObject", put, principal=PRINCIPAL, source_arn=trail["TrailARN"])
    except ServiceError as error:
        failure = error.code
        _LOG.warning("The trail %s cannot deliver: %s", trail["Name"], error)
    _note(state, trail["Name"], failure)
    return not failure


def _note(state: TrailState, name: str, failure: str) -> None:
    """Put what came of a delivery into the trail's status."""
    trail = state.trails.get(name)
    if trail is None:
        return
    status = {**trail["Status"], "LatestDeliveryAttemptTime": time.time(), "LatestDeliveryError": failure}
    if not failure:
        status["LatestDeliveryTime"] = time.time()
    state.trails.put(name, trail | {"Status": status})


def _key(state: TrailState, trail: Trail) -> str:
    account, region, now = state.environment.account_id, state.environment.region, datetime.now(UTC)
    unique = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return (
        f"{_folder(trail, account)}/CloudTrail/{region}/{now:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
    )


def _folder(trail: Trail, account: str) -> str:
    prefix = trail.get("S3KeyPrefix")
    return f"{prefix}/AWSLogs/{account}" if prefix else f"AWSLogs/{account}"


def check_bucket(state: TrailState, trail: Trail) -> None:
    """Refuse a bucket that is not there or whose policy does not let CloudTrail in.

    Raises:
        ServiceError: S3BucketDoesNotExistException or InsufficientS3BucketPolicyException.
    """
    name = trail["S3BucketName"]
    bucket = state.environment.store.documents("s3-bucket").get(name)
    if bucket is None:
        raise errors.no_bucket(name)
    text = bucket["Settings"].get("Policy")
    arn = f"arn:aws:s3:::{name}"
    context = {
        "aws:sourcearn": (trail["TrailARN"],),
        "aws:sourceaccount": (state.environment.account_id,),
        "s3:x-amz-acl": ("bucket-owner-full-control",),
    }
    needed = {
        "s3:GetBucketAcl": arn,
        "s3:PutObject": f"{arn}/{_folder(trail, state.environment.account_id)}/CloudTrail/x",
    }
    for action, resource in needed.items():
        request = AccessRequest(action=action, resource=resource, principals=frozenset({PRINCIPAL}), context=context)
        if text is None or evaluate([parse_policy(text)], request) is not Decision.ALLOW:
            raise errors.bucket_policy(name)
