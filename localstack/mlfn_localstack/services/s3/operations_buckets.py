"""Buckets."""

from __future__ import annotations

import ipaddress
import re
import time
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.acl import given_list
from mlfn_localstack.services.s3.errors import invalid_argument, no_bucket
from mlfn_localstack.services.s3.listing import read_token, token_of
from mlfn_localstack.services.s3.owner_ids import owner_id
from mlfn_localstack.services.s3.setting_checks import BLOCKS, OWNERSHIPS
from mlfn_localstack.services.s3.tags import bucket_tags
from mlfn_localstack.services.s3.unserved import check_new_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State

_MAX_BUCKETS = 10_000
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_STARTS = ("amzn-s3-demo-", "sthree-", "xn--")
_RESERVED_ENDS = ("--ol-s3", "--table-s3", "--x-s3", "-s3alias", ".mrap")


class BucketOperations:
    """Create, find, list and delete buckets."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
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
        check_new_bucket(params)
        configuration = params.get("CreateBucketConfiguration", {})
        self._check_location(configuration.get("LocationConstraint"))
        settings = _initial_settings(params)
        if configuration.get("Tags"):
            bucket_tags(configuration["Tags"], by_service=context.peer is None)
            settings["Tagging"] = {"TagSet": configuration["Tags"]}
        if self._state.buckets.get(name) is not None:
            if context.region == "us-east-1":
                return {"Location": f"/{name}"}
            message = "Your previous request to create the named bucket succeeded and you already own it."
            raise ServiceError("BucketAlreadyOwnedByYou", message, status=409, fields={"BucketName": name})
        place = f"{context.region}:{context.account_id}"
        bucket: Bucket = {"Name": name, "CreationDate": float(int(time.time())), "Place": place, "Settings": settings}
        grants = given_list(context, bucket, params)
        if grants is not None:
            settings["Acl"] = grants
        self._state.buckets.put(name, bucket)
        return {"Location": f"/{name}"}

    def _check_location(self, location: str | None) -> None:
        """It is to be named, and is this region; of us-east-1 alone it must not be."""
        here = self._state.region
        if location == (None if here == "us-east-1" else here):
            return
        if here == "us-east-1":
            message = "The specified location-constraint is not valid"
            raise ServiceError("InvalidLocationConstraint", message, fields={"LocationConstraint": location})
        message = (
            f"The {location or 'unspecified'} location constraint is incompatible for the region specific endpoint "
            "this request was sent to."
        )
        raise ServiceError("IllegalLocationConstraintException", message)

    async def head_bucket(self, context: RequestContext, params: Params) -> Result:
        """Whether the bucket is there."""
        if self._state.buckets.get(params["Bucket"]) is None:
            raise ServiceError("404", "Not Found", status=404)
        return {"BucketRegion": context.region, "AccessPointAlias": False}

    async def get_bucket_location(self, context: RequestContext, params: Params) -> Result:
        """The bucket's region; us-east-1 is shown as nothing."""
        self._state.bucket(params["Bucket"])
        return {"LocationConstraint": "" if context.region == "us-east-1" else context.region}

    async def list_buckets(self, context: RequestContext, params: Params) -> Result:
        """A page of all buckets; their region is shown to who asks for a choice of them."""
        limit, prefix = params.get("MaxBuckets", _MAX_BUCKETS), params.get("Prefix", "")
        if not 0 < limit <= _MAX_BUCKETS:
            message = f"Argument max-buckets must be an integer between 1 and {_MAX_BUCKETS}"
            raise invalid_argument(message, name="max-buckets", value=limit)
        chooses = not params.keys().isdisjoint(("BucketRegion", "ContinuationToken", "MaxBuckets", "Prefix"))
        here = params.get("BucketRegion", context.region) == context.region
        after = read_token(params.get("ContinuationToken") or "")
        found = [bucket for name, bucket in self._state.buckets.items(prefix) if here and name > after]
        region = {"BucketRegion": context.region} if chooses else {}
        result: Result = {
            "Buckets": [{name: each[name] for name in ("Name", "CreationDate")} | region for each in found[:limit]],
            "Owner": {"ID": owner_id(context.account_id)},
        }
        if "Prefix" in params:
            result["Prefix"] = prefix
        return result | {"ContinuationToken": token_of(found[limit - 1]["Name"])} if len(found) > limit else result

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
    reserved = name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    if looks_like_ip or reserved or not _NAME.fullmatch(name) or ".." in name:
        raise ServiceError("InvalidBucketName", "The specified bucket is not valid.", fields={"BucketName": name})


def _initial_settings(params: Params) -> dict[str, object]:
    ownership = params.get("ObjectOwnership", "BucketOwnerEnforced")
    if ownership not in OWNERSHIPS:
        name = "x-amz-object-ownership"
        raise invalid_argument(f"Invalid {name} header: {ownership}", name=name)
    if params.get("ACL", "private") != "private" and ownership == "BucketOwnerEnforced":
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise ServiceError("InvalidBucketAclWithObjectOwnership", message)
    settings: dict[str, object] = {
        "PublicAccessBlockConfiguration": dict.fromkeys(BLOCKS, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]},
    }
    if params.get("ObjectLockEnabledForBucket"):
        settings["VersioningConfiguration"] = {"Status": "Enabled"}
        settings["ObjectLockConfiguration"] = {"ObjectLockEnabled": "Enabled"}
    return settings
