"""What the platform's functions find in their environment: stage, table, and clients of AWS."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from mlfn_audit.collecting.access_log import GROUP_PREFIX
from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.derived import NO_VERSION
from mlfn_audit.collecting.group_log import PREFIX, GroupLog
from mlfn_audit.collecting.losses import LossCount
from mlfn_audit.collecting.settling import Settler
from mlfn_audit.collecting.sweeping import Progress
from mlfn_audit.collecting.trail_sweep import TrailFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_audit.collecting.asks import Asks
    from mlfn_audit.directory import AppStack

LEFT_MS = 20_000
"""Of a function's time: what one more part of a log may need."""
_VERSION = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The stage a function works for, as one call of it sees it."""

    stage: str
    table: str

    @classmethod
    def here(cls) -> Place:
        """From the environment the template sets."""
        return cls(stage=os.environ["MLFN_STAGE"], table=os.environ["MLFN_AUDIT_TABLE"])

    def deposit(self) -> Deposit:
        """The table, for new records."""
        return Deposit(client=client("dynamodb"), table=self.table)

    def settler(self, group: str, model: str | None) -> Settler:
        """Who settles what a log group owes."""
        log = GroupLog(client=client("logs"), group=group)
        return Settler(log=log, deposit=self.deposit(), version_of=image_version, model=model)

    def loss_count(self, stack: AppStack, function: str, asks: Asks) -> LossCount:
        """The balance of an app's function."""
        return LossCount(
            function=function,
            models=stack.recorded_by(function),
            asks=partial(asks.count, stack.key_of(function)),
            metrics=client("cloudwatch"),
            client=client("dynamodb"),
            table=self.table,
            progress=self.progress(f"lost#{function}"),
        )

    def trail(self, function_arn: str) -> TrailFiles | None:
        """CloudTrail's files, if a bucket is named for them; of the account and region that a function's ARN tells."""
        bucket = os.environ.get("MLFN_TRAIL_BUCKET")
        if not bucket:
            return None
        region, account = function_arn.split(":")[3:5]
        prefix = os.environ.get("MLFN_TRAIL_PREFIX", "")
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        return TrailFiles(client=client("s3"), bucket=bucket, folder=f"{folder}AWSLogs/{account}/CloudTrail/{region}")

    def progress(self, name: str) -> Progress:
        """How far a log has been read."""
        return Progress(client=client("dynamodb"), table=self.table, name=name)


@cache
def client(service: str) -> Any:
    """A boto3 client; region, credentials and an emulator's AWS_ENDPOINT_URL are in the environment."""
    retries: Any = {"mode": "standard", "max_attempts": 5}
    made: Any = boto3.client(service, config=Config(retries=retries, connect_timeout=5, read_timeout=30))  # type: ignore[call-overload]  # the service's name is not a literal here
    return made


@cache
def image_version(function: str, version: str) -> str:
    """The image version of a published function version: its description, which does not change."""
    try:
        found = client("lambda").get_function_configuration(FunctionName=function, Qualifier=version)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return NO_VERSION
    text = str(found.get("Description", ""))
    return text if _VERSION.fullmatch(text) else NO_VERSION


def group_of(function: str) -> str:
    """A function's log group."""
    return f"{PREFIX}{function}"


def access_log(stack: AppStack) -> GroupLog:
    """What an app's API wrote down of its requests."""
    return GroupLog(client=client("logs"), group=f"{GROUP_PREFIX}{stack.app}-{stack.stage}")


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def time_left(context: Any) -> Callable[[], bool]:
    """Whether a call has time for more, by its deadline."""
    return lambda: context.get_remaining_time_in_millis() > LEFT_MS
