"""Buckets."""

from __future__ import annotations

import ipaddress
import re
import time
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import no_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class BucketOperations:
    """Create, find, list and delete buckets."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateBucket": self.create_bucket,
            "DeleteBucket": self.delete_bucket,
            "GetBucketLocation": self.get_bucket_location,
            "HeadBucket": self.head_bucket,
            "ListBuckets": self.list_buckets,
        }

    async def create_bucket(self, context: RequestContext, params: Params) -> Result:
        """A new bucket; making one's own again is refused, as everywhere but in us-east-1."""
        name = params["Bucket"]
        _check_name(name)
        location = params.get("CreateBucketConfiguration", {}).get("LocationConstraint")
        if location not in (None, self._state.region) or location == "us-east-1":
            message = "The specified location-constraint is not valid"
            raise ServiceError("InvalidLocationConstraint", message)
        if self._state.buckets.get(name) is not None:
            if context.region == "us-east-1":
                return {"Location": f"/{name}"}
            message = "Your previous request to create the named bucket succeeded and you already own it."
            raise ServiceError("BucketAlreadyOwnedByYou", message, status=409, fields={"BucketName": name})
        settings = _initial_settings(object_lock=params.get("ObjectLockEnabledForBucket", False))
        bucket = {"Name": name, "CreationDate": float(int(time.time())), "Settings": settings}
        self._state.buckets.put(name, bucket)
        return {"Location": f"/{name}"}

    async def head_bucket(self, context: RequestContext, params: Params) -> Result:
        """Whether the bucket is there."""
        if self._state.buckets.get(params["Bucket"]) is None:
            raise ServiceError("404", "Not Found", status=404)
        return {"BucketRegion": context.region}

    async def get_bucket_location(self, context: RequestContext, params: Params) -> Result:
        """The bucket's region; us-east-1 is shown as nothing."""
        self._state.bucket(params["Bucket"])
        return {"LocationConstraint": "" if context.region == "us-east-1" else context.region}

    async def list_buckets(self, context: RequestContext, params: Params) -> Result:
        """All buckets."""
        shown = [
            {"Name": bucket["Name"], "CreationDate": bucket["CreationDate"]}
            for _, bucket in self._state.buckets.items(params.get("Prefix", ""))
        ]
        return {"Buckets": shown, "Owner": {"ID": context.account_id}}

    async def delete_bucket(self, context: RequestContext, params: Params) -> Result:
        """An empty bucket goes."""
        name = params["Bucket"]
        if self._state.buckets.get(name) is None:
            raise no_bucket(name)
        if not self._state.is_empty(name):
            message = "The bucket you tried to delete is not empty"
            versioned = "VersioningConfiguration" in self._state.bucket(name)["Settings"]
            suffix = ". You must delete all versions in the bucket." if versioned else ""
            raise ServiceError("BucketNotEmpty", message + suffix, status=409, fields={"BucketName": name})
        self._state.buckets.delete(name)
        return {}


def _check_name(name: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
    looks_like_ip = True
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        looks_like_ip = False
    if looks_like_ip or not _NAME.fullmatch(name) or ".." in name or name.startswith("xn--"):
        raise ServiceError("InvalidBucketName", "The specified bucket is not valid.", fields={"BucketName": name})


def _initial_settings(*, object_lock: bool) -> dict[str, object]:
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    settings: dict[str, object] = {
        "ServerSideEncryptionConfiguration": encryption,
        "PublicAccessBlockConfiguration": dict.fromkeys(blocks, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    }
    if object_lock:
        settings["VersioningConfiguration"] = {"Status": "Enabled"}
        settings["ObjectLockConfiguration"] = {"ObjectLockEnabled": "Enabled"}
    return settings
