"""AWS::S3::Bucket and AWS::S3::BucketPolicy through S3's API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, changed, found
from mlfn_localstack.services.cloudformation.resources.iam_entity import document
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_RULE = {
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation!": INTEGER},
    "ExpirationInDays": INTEGER,
    "Id": STRING,
    "NoncurrentVersionExpiration": {"NoncurrentDays!": INTEGER, "NewerNoncurrentVersions": INTEGER},
    "Prefix": STRING,
    "Status!": STRING,
}


_CORS_RULE = {
    "AllowedHeaders": [STRING],
    "AllowedMethods!": [STRING],
    "AllowedOrigins!": [STRING],
    "ExposedHeaders": [STRING],
    "Id": STRING,
    "MaxAge": INTEGER,
}
_TOLD = {"Event!": STRING, "Filter": {"S3Key!": {"Rules!": [{"Name!": STRING, "Value!": STRING}]}}}
_ELSEWHERE = {"HostName": STRING, "Protocol": STRING}
_WEBSITE = {
    "ErrorDocument": STRING,
    "IndexDocument": STRING,
    "RedirectAllRequestsTo": _ELSEWHERE,
    "RoutingRules": [
        {
            "RedirectRule!": _ELSEWHERE
            | {"HttpRedirectCode": STRING, "ReplaceKeyPrefixWith": STRING, "ReplaceKeyWith": STRING},
            "RoutingRuleCondition": {"HttpErrorCodeReturnedEquals": STRING, "KeyPrefixEquals": STRING},
        }
    ],
}
_DASHED = frozenset(
    {
        *("us-east-1", "us-west-1", "us-west-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1"),
        *("eu-west-1", "sa-east-1", "us-gov-west-1"),
    }
)
"""Regions whose websites have a dash before the region; later ones have a dot.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
"""


class Bucket(ResourceType):
    """A bucket and its settings."""

    properties: ClassVar[Mapping[str, Any]] = {
        "AccessControl": STRING,
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration!": [
                {
                    "BlockedEncryptionTypes": {"EncryptionType": [STRING]},
                    "BucketKeyEnabled": BOOLEAN,
                    "ServerSideEncryptionByDefault": {"KMSMasterKeyID": STRING, "SSEAlgorithm!": STRING},
                }
            ]
        },
        "BucketName": STRING,
        "CorsConfiguration": {"CorsRules!": [_CORS_RULE]},
        "LifecycleConfiguration": {"Rules!": [_RULE]},
        "NotificationConfiguration": {
            "EventBridgeConfiguration": {"EventBridgeEnabled": BOOLEAN},
            "LambdaConfigurations": [_TOLD | {"Function!": STRING}],
            "QueueConfigurations": [_TOLD | {"Queue!": STRING}],
            "TopicConfigurations": [_TOLD | {"Topic!": STRING}],
        },
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": STRING,
            "Rule": {"DefaultRetention": {"Days": INTEGER, "Mode": STRING, "Years": INTEGER}},
        },
        "ObjectLockEnabled": BOOLEAN,
        "OwnershipControls": {"Rules!": [{"ObjectOwnership": STRING}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": BOOLEAN,
            "BlockPublicPolicy": BOOLEAN,
            "IgnorePublicAcls": BOOLEAN,
            "RestrictPublicBuckets": BOOLEAN,
        },
        "Tags": TAGS,
        "VersioningConfiguration": {"Status!": STRING},
        "WebsiteConfiguration": _WEBSITE,
    }
    create_only = frozenset({"BucketName", "ObjectLockEnabled"})
    attributes = frozenset({"Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"})
    name_property = "BucketName"
    identifier = "BucketName"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it and put every setting."""
        name = self._name(request)
        params: dict[str, Any] = {"Bucket": name}
        if request.region != "us-east-1":
            params["CreateBucketConfiguration"] = {"LocationConstraint": request.region}
        if request.properties.get("ObjectLockEnabled"):
            params["ObjectLockEnabledForBucket"] = True
        if "AccessControl" in request.properties:
            params["ACL"] = _canned(request.properties["AccessControl"])
        await request.call("s3", "CreateBucket", **params)
        await request.created(name)
        return await self.update(request, name, {})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put every setting that differs and delete those that are gone."""
        if old and changed(request.properties, old, ["AccessControl"]):
            canned = _canned(request.properties.get("AccessControl", "Private"))
            await request.call("s3", "PutBucketAcl", Bucket=physical_id, ACL=canned)
        for name, (operation, member, write) in _SETTINGS.items():
            if not changed(request.properties, old, [name]):
                continue
            if name in request.properties:
                params = {"Bucket": physical_id, member: write(request.properties[name])}
                await request.call("s3", f"Put{operation}", **params)
            elif name in _NEVER_DELETED:
                await request.call("s3", f"Put{operation}", Bucket=physical_id, **{member: _NEVER_DELETED[name]})
            else:
                delete = "DeleteBucketLifecycle" if name == "LifecycleConfiguration" else f"Delete{operation}"
                await found(request.call("s3", delete, Bucket=physical_id))
        return self._made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it; S3 refuses unless it is empty."""
        await request.call("s3", "DeleteBucket", Bucket=physical_id)

    async def find(self, request: Request) -> str | None:
        """The bucket of that name."""
        name = self._name(request)
        return name if await found(request.call("s3", "HeadBucket", Bucket=name)) is not None else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its versioning, public access block, object lock and tags."""
        if await found(request.call("s3", "HeadBucket", Bucket=physical_id)) is None:
            return None
        versioning = await request.call("s3", "GetBucketVersioning", Bucket=physical_id)
        access = await found(request.call("s3", "GetPublicAccessBlock", Bucket=physical_id))
        lock = await found(request.call("s3", "GetObjectLockConfiguration", Bucket=physical_id))
        tags = await found(request.call("s3", "GetBucketTagging", Bucket=physical_id))
        configuration = lock["ObjectLockConfiguration"] if lock else None
        return {
            "BucketName": physical_id,
            "ObjectLockConfiguration": configuration,
            "ObjectLockEnabled": configuration is not None,
            "PublicAccessBlockConfiguration": access["PublicAccessBlockConfiguration"] if access else None,
            "Tags": tags["TagSet"] if tags else [],
            "VersioningConfiguration": {"Status": versioning.get("Status")},
        }

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("BucketName"), limit=63, lower=True)

    def _made(self, request: Request, name: str) -> Made:
        attributes = {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{request.region}.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{request.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website{'-' if request.region in _DASHED else '.'}{request.region}"
            ".amazonaws.com",
        }
        return Made(physical_id=name, attributes=attributes)


class BucketPolicy(ResourceType):
    """A bucket's policy."""

    properties: ClassVar[Mapping[str, Any]] = {"Bucket!": STRING, "PolicyDocument!": JSON}
    create_only = frozenset({"Bucket"})

    async def create(self, request: Request) -> Made:
        """Put it."""
        made = await self.update(request, request.properties["Bucket"], {})
        await request.created(made.physical_id)
        return made

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew."""
        text = document(request.properties["PolicyDocument"])
        await request.call("s3", "PutBucketPolicy", Bucket=physical_id, Policy=text)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("s3", "DeleteBucketPolicy", Bucket=physical_id)


def _canned(name: str) -> str:
    """A canned list as S3 names it: `PublicRead` is `public-read`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _encryption(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault" if key == "ServerSideEncryptionByDefault" else key: item
                for key, item in rule.items()
            }
            for rule in value["ServerSideEncryptionConfiguration"]
        ]
    }


def _lifecycle(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: rule[key] for key in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration") if key in rule}
    if "Id" in rule:
        kept["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        kept["Expiration"] = {"Days": rule["ExpirationInDays"]}
    return {**kept, "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}


def _cors(value: Mapping[str, Any]) -> dict[str, Any]:
    names = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}
    return {"CORSRules": [{names.get(key, key): item for key, item in rule.items()} for rule in value["CorsRules"]]}


def _notifications(value: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {
        "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
        "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
        "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
    }
    kept: dict[str, Any] = {
        member: [_told(rule, rule[given], arn) for rule in value[name]]
        for name, (member, given, arn) in kinds.items()
        if value.get(name)
    }
    bus = value.get("EventBridgeConfiguration")
    return kept | ({"EventBridgeConfiguration": {}} if bus and bus.get("EventBridgeEnabled", True) else {})


def _told(rule: Mapping[str, Any], target: str, member: str) -> dict[str, Any]:
    told: dict[str, Any] = {member: target, "Events": [rule["Event"]]}
    if "Filter" in rule:
        told["Filter"] = {"Key": {"FilterRules": rule["Filter"]["S3Key"]["Rules"]}}
    return told


def _website(value: Mapping[str, Any]) -> dict[str, Any]:
    inside = {"ErrorDocument": "Key", "IndexDocument": "Suffix"}
    website = {name: {inside[name]: item} if name in inside else item for name, item in value.items()}
    if "RoutingRules" in value:
        names = {"RedirectRule": "Redirect", "RoutingRuleCondition": "Condition"}
        website["RoutingRules"] = [{names[name]: item for name, item in rule.items()} for rule in value["RoutingRules"]]
    return website


def _as_is(value: Any) -> Any:
    return value


def _tag_set(value: Any) -> dict[str, Any]:
    return {"TagSet": value}


_SETTINGS = {
    "BucketEncryption": ("BucketEncryption", "ServerSideEncryptionConfiguration", _encryption),
    "VersioningConfiguration": ("BucketVersioning", "VersioningConfiguration", _as_is),
    "OwnershipControls": ("BucketOwnershipControls", "OwnershipControls", _as_is),
    "PublicAccessBlockConfiguration": ("PublicAccessBlock", "PublicAccessBlockConfiguration", _as_is),
    "LifecycleConfiguration": ("BucketLifecycleConfiguration", "LifecycleConfiguration", _lifecycle),
    "ObjectLockConfiguration": ("ObjectLockConfiguration", "ObjectLockConfiguration", _as_is),
    "CorsConfiguration": ("BucketCors", "CORSConfiguration", _cors),
    "NotificationConfiguration": ("BucketNotificationConfiguration", "NotificationConfiguration", _notifications),
    "Tags": ("BucketTagging", "Tagging", _tag_set),
    "WebsiteConfiguration": ("BucketWebsite", "WebsiteConfiguration", _website),
}
"""Property -> its operation (behind Put or Delete), the member it goes into, and how it is written there."""
_NEVER_DELETED: dict[str, dict[str, Any]] = {
    "NotificationConfiguration": {},
    "VersioningConfiguration": {"Status": "Suspended"},
}
"""What is put instead of those that have no Delete."""
