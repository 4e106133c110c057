"""Which IAM actions on which resources an operation needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Params, RequestContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An action on a resource, with the condition keys that are particular to it."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    table: tuple[str, Params] | None = None
    """For DynamoDB: the table's name and the parameters that concern it."""
    secret: str = ""
    """For Secrets Manager: what the request calls the secret."""


_PREFIXES = {
    "apigatewayv2": "apigateway",
    "dynamodbstreams": "dynamodb",
    "sns": "SNS",
    "stepfunctions": "states",
}
_ACTIONS = {
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("lambda", "InvokeAsync"): "lambda:InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "lambda:InvokeFunction",
    ("s3", "CompleteMultipartUpload"): "s3:PutObject",
    ("s3", "CopyObject"): "s3:PutObject",
    ("s3", "CreateMultipartUpload"): "s3:PutObject",
    ("s3", "GetBucketAccelerateConfiguration"): "s3:GetAccelerateConfiguration",
    ("s3", "PutBucketAccelerateConfiguration"): "s3:PutAccelerateConfiguration",
    ("s3", "DeleteBucketOwnershipControls"): "s3:PutBucketOwnershipControls",
    ("s3", "DeleteBucketTagging"): "s3:PutBucketTagging",
    ("s3", "DeleteBucketCors"): "s3:PutBucketCORS",
    ("s3", "GetBucketCors"): "s3:GetBucketCORS",
    ("s3", "PutBucketCors"): "s3:PutBucketCORS",
    ("s3", "DeleteBucketEncryption"): "s3:PutEncryptionConfiguration",
    ("s3", "DeleteBucketLifecycle"): "s3:PutLifecycleConfiguration",
    ("s3", "DeleteObjects"): "s3:DeleteObject",
    ("s3", "DeletePublicAccessBlock"): "s3:PutBucketPublicAccessBlock",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketNotificationConfiguration"): "s3:GetBucketNotification",
    ("s3", "PutBucketNotificationConfiguration"): "s3:PutBucketNotification",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "ListMultipartUploads"): "s3:ListBucketMultipartUploads",
    ("s3", "ListObjectVersions"): "s3:ListBucketVersions",
    ("s3", "ListObjects"): "s3:ListBucket",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "ListParts"): "s3:ListMultipartUploadParts",
    ("s3", "PostObject"): "s3:PutObject",
    ("s3", "PutBucketAnalyticsConfiguration"): "s3:PutAnalyticsConfiguration",
    ("s3", "DeleteBucketAnalyticsConfiguration"): "s3:PutAnalyticsConfiguration",
    ("s3", "GetBucketAnalyticsConfiguration"): "s3:GetAnalyticsConfiguration",
    ("s3", "ListBucketAnalyticsConfigurations"): "s3:GetAnalyticsConfiguration",
    ("s3", "PutBucketIntelligentTieringConfiguration"): "s3:PutIntelligentTieringConfiguration",
    ("s3", "DeleteBucketIntelligentTieringConfiguration"): "s3:PutIntelligentTieringConfiguration",
    ("s3", "GetBucketIntelligentTieringConfiguration"): "s3:GetIntelligentTieringConfiguration",
    ("s3", "ListBucketIntelligentTieringConfigurations"): "s3:GetIntelligentTieringConfiguration",
    ("s3", "PutBucketInventoryConfiguration"): "s3:PutInventoryConfiguration",
    ("s3", "DeleteBucketInventoryConfiguration"): "s3:PutInventoryConfiguration",
    ("s3", "GetBucketInventoryConfiguration"): "s3:GetInventoryConfiguration",
    ("s3", "ListBucketInventoryConfigurations"): "s3:GetInventoryConfiguration",
    ("s3", "PutBucketMetricsConfiguration"): "s3:PutMetricsConfiguration",
    ("s3", "DeleteBucketMetricsConfiguration"): "s3:PutMetricsConfiguration",
    ("s3", "GetBucketMetricsConfiguration"): "s3:GetMetricsConfiguration",
    ("s3", "ListBucketMetricsConfigurations"): "s3:GetMetricsConfiguration",
    ("s3", "GetBucketReplication"): "s3:GetReplicationConfiguration",
    ("s3", "DeleteBucketReplication"): "s3:PutReplicationConfiguration",
    ("s3", "PutBucketEncryption"): "s3:PutEncryptionConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "s3:PutLifecycleConfiguration",
    ("s3", "PutObjectLockConfiguration"): "s3:PutBucketObjectLockConfiguration",
    ("s3", "PutPublicAccessBlock"): "s3:PutBucketPublicAccessBlock",
    ("s3", "UploadPart"): "s3:PutObject",
    ("s3", "UploadPartCopy"): "s3:PutObject",
    ("sns", "PublishBatch"): "SNS:Publish",
    ("sqs", "ChangeMessageVisibilityBatch"): "sqs:ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "sqs:DeleteMessage",
    ("sqs", "SendMessageBatch"): "sqs:SendMessage",
}
_GET_LAYER = "lambda:GetLayerVersion"
_VERSIONED = frozenset({"GetObject", "DeleteObject", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"})
_KEYLESS = frozenset({"CreateKey", "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"})
_PASSING = {
    ("cloudformation", "CreateChangeSet"): ("cloudformation.amazonaws.com", "RoleARN"),
    ("cloudformation", "CreateStack"): ("cloudformation.amazonaws.com", "RoleARN"),
    ("cloudformation", "DeleteStack"): ("cloudformation.amazonaws.com", "RoleARN"),
    ("cloudformation", "UpdateStack"): ("cloudformation.amazonaws.com", "RoleARN"),
    ("events", "PutTargets"): ("events.amazonaws.com", "RoleArn"),
    ("lambda", "CreateFunction"): ("lambda.amazonaws.com", "Role"),
    ("lambda", "UpdateFunctionConfiguration"): ("lambda.amazonaws.com", "Role"),
    ("logs", "PutSubscriptionFilter"): ("logs.amazonaws.com", "roleArn"),
    ("scheduler", "CreateSchedule"): ("scheduler.amazonaws.com", "RoleArn"),
    ("scheduler", "UpdateSchedule"): ("scheduler.amazonaws.com", "RoleArn"),
    ("stepfunctions", "CreateStateMachine"): ("states.amazonaws.com", "roleArn"),
    ("stepfunctions", "UpdateStateMachine"): ("states.amazonaws.com", "roleArn"),
}
"""Operations that pass a role -> the service that gets it, and the member that names it."""
_STATEMENTS = frozenset(("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"))
_DYNAMODB_ITEMS = {
    "TransactWriteItems": {
        "Put": "PutItem",
        "Update": "UpdateItem",
        "Delete": "DeleteItem",
        "ConditionCheck": "ConditionCheckItem",
    },
    "TransactGetItems": {"Get": "GetItem"},
}


def action_of(service: str, operation: str) -> str:
    """The IAM action of an operation."""
    return _ACTIONS.get((service, operation)) or f"{_PREFIXES.get(service, service)}:{operation}"


def accesses(context: RequestContext, params: Params) -> list[Access]:
    """Everything an operation with these parameters needs."""
    action = action_of(context.service, context.operation)
    resources = _RESOURCES.get(context.service)
    own = [Access(action=action, resource="*")] if resources is None else resources(context, action, params)
    return [*own, *_passed_roles(context, params)]


def _passed_roles(context: RequestContext, params: Params) -> list[Access]:
    """The roles an operation hands to a service: who does so needs iam:PassRole on each.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    passing = _PASSING.get((context.service, context.operation))
    if passing is None:
        return []
    service, member = passing
    to = {"iam:passedtoservice": (service,)}
    inside = {"events": params.get("Targets", ()), "scheduler": (params.get("Target", {}),)}
    places = inside.get(context.service, (params,))
    roles = [place[member] for place in places if place.get(member)]
    return [Access(action="iam:PassRole", resource=role, context=to) for role in roles]


def _lambda(context: RequestContext, action: str, params: Params) -> list[Access]:
    had = [Access(action=_GET_LAYER, resource=arn) for arn in params.get("Layers") or ()]
    return [_lambda_access(context, action, params), *had]


def _lambda_access(context: RequestContext, action: str, params: Params) -> Access:
    if context.operation == "GetLayerVersionByArn":
        return Access(action=_GET_LAYER, resource=params["Arn"])
    if "LayerName" in params:
        return Access(action=action, resource=_layer_arn(context, params))
    name = params.get("FunctionName")
    if name is None:
        return Access(action=action, resource="*")
    if name.startswith("arn:"):
        arn = name
    else:
        arn = f"arn:aws:lambda:{context.region}:{context.account_id}:function:{name.rpartition('function:')[2]}"
    qualifier = params.get("Qualifier")
    if qualifier and arn.count(":") == 6:
        arn += f":{qualifier}"
    return Access(action=action, resource=arn)


def _layer_arn(context: RequestContext, params: Params) -> str:
    name, version = params["LayerName"], params.get("VersionNumber")
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{context.region}:{context.account_id}:layer:{name}"
    return arn if version is None else f"{arn}:{version}"


def _statements(context: RequestContext, params: Params) -> list[Access]:
    """What PartiQL statements touch; one that cannot be read touches nothing, and is refused by the service."""
    from mlfn_localstack.services.dynamodb.partiql.access import touched  # noqa: PLC0415 - services import this package

    requests = params.get("Statements") or params.get("TransactStatements") or (params,)
    return [_table_access(context, *found) for request in requests if (found := touched(request)) is not None]


def _dynamodb(context: RequestContext, action: str, params: Params) -> list[Access]:
    if context.operation in _STATEMENTS:
        return _statements(context, params)
    if context.operation in _DYNAMODB_ITEMS:
        names = _DYNAMODB_ITEMS[context.operation]
        return [
            _table_access(context, f"dynamodb:{names[kind]}", item)
            for wrapped in params.get("TransactItems", ())
            for kind, item in wrapped.items()
            if kind in names
        ]
    if "RequestItems" in params:
        return [
            _table_access(context, action, {"TableName": table, "Requests": requests})
            for table, requests in params["RequestItems"].items()
        ]
    if "TableName" not in params:
        stream = params.get("StreamArn") or (params.get("ShardIterator") or "").partition("|")[0]
        return [Access(action=action, resource=params.get("ResourceArn") or stream or "*")]
    return [_table_access(context, action, params)]


def _table_access(context: RequestContext, action: str, params: Params) -> Access:
    table = params.get("TableName", "")
    arn = table if table.startswith("arn:") else f"arn:aws:dynamodb:{context.region}:{context.account_id}:table/{table}"
    index = params.get("IndexName")
    name = arn.rpartition(":table/")[2]
    return Access(action=action, resource=f"{arn}/index/{index}" if index else arn, table=(name, params))


def _s3(context: RequestContext, action: str, params: Params) -> list[Access]:
    bucket = params.get("Bucket")
    if bucket is None:
        return [Access(action=action, resource="*")]
    arn = f"arn:aws:s3:::{bucket}"
    if context.operation == "DeleteObjects":
        return [
            Access(action=action + ("Version" if "VersionId" in item else ""), resource=f"{arn}/{item['Key']}")
            for item in params.get("Delete", {}).get("Objects", ())
        ]
    if context.operation in _VERSIONED and "VersionId" in params:
        action = action.replace("Object", "ObjectVersion") if "Tagging" in action else f"{action}Version"
    if "Key" in params:
        found = [Access(action=action, resource=f"{arn}/{params['Key']}")]
        source = params.get("CopySource")
        if isinstance(source, str):
            path = unquote(source.removeprefix("/").partition("?")[0])
            found.append(Access(action="s3:GetObject", resource=f"arn:aws:s3:::{path}"))
        return found
    keys = {"s3:prefix": (params["Prefix"],)} if "Prefix" in params else {}
    return [Access(action=action, resource=arn, context=keys)]


def _states(context: RequestContext, action: str, params: Params) -> list[Access]:
    names = ("stateMachineArn", "executionArn", "mapRunArn", "resourceArn")
    arn: Any = next((params[name] for name in names if params.get(name)), None)
    if arn is None and "name" in params:
        arn = f"arn:aws:states:{context.region}:{context.account_id}:stateMachine:{params['name']}"
    return [Access(action=action, resource=arn or "*")]


def _logs(context: RequestContext, action: str, params: Params) -> list[Access]:
    prefix = f"arn:aws:logs:{context.region}:{context.account_id}:log-group:"
    group = params.get("logGroupName")
    stream = params.get("logStreamName")
    if group is None:
        arn = params.get("logGroupIdentifier") or params.get("resourceArn") or f"{prefix}*"
    else:
        arn = f"{prefix}{group}:log-stream:{stream}" if stream else f"{prefix}{group}:*"
    return [Access(action=action, resource=arn)]


def _events(context: RequestContext, action: str, params: Params) -> list[Access]:
    prefix = f"arn:aws:events:{context.region}:{context.account_id}:"
    if "Entries" in params:
        buses = dict.fromkeys(_bus_name(entry.get("EventBusName")) for entry in params["Entries"])
        return [Access(action=action, resource=f"{prefix}event-bus/{name}") for name in buses]
    if context.operation.endswith(("EventBus", "Permission")) or "ResourceARN" in params:
        bus = _bus_name(params.get("Name") or params.get("EventBusName"))
        arn = params.get("ResourceARN") or f"{prefix}event-bus/{bus}"
        return [Access(action=action, resource=arn)]
    for kind in ("Archive", "Replay"):
        if f"{kind}Name" in params:
            return [Access(action=action, resource=f"{prefix}{kind.lower()}/{params[f'{kind}Name']}")]
    rule = params.get("Rule") or params.get("Name")
    if rule is None:
        return [Access(action=action, resource="*")]
    bus = _bus_name(params.get("EventBusName"))
    return [Access(action=action, resource=f"{prefix}rule/{rule if bus == 'default' else f'{bus}/{rule}'}")]


def _bus_name(given: str | None) -> str:
    return (given or "default").rpartition("event-bus/")[2]


def _ecr(context: RequestContext, action: str, params: Params) -> list[Access]:
    name = params.get("repositoryName")
    arn = f"arn:aws:ecr:{context.region}:{context.account_id}:repository/{name}" if name else params.get("resourceArn")
    return [Access(action=action, resource=arn or "*")]


def _iam(context: RequestContext, action: str, params: Params) -> list[Access]:
    prefix = f"arn:aws:iam::{context.account_id}:"
    path = params.get("Path", "/")
    for member, kind in (("RoleName", "role"), ("GroupName", "group"), ("UserName", "user")):
        if member in params:
            return [Access(action=action, resource=f"{prefix}{kind}{path}{params[member]}")]
    if "PolicyName" in params:
        return [Access(action=action, resource=f"{prefix}policy{path}{params['PolicyName']}")]
    return [Access(action=action, resource=params.get("PolicyArn", "*"))]


def _kms(context: RequestContext, action: str, params: Params) -> list[Access]:
    """Uses of a key are KMS's own to decide: the key policy comes first, and a ciphertext names its key."""
    return [Access(action=action, resource="*")] if context.operation in _KEYLESS else []


def _scheduler(context: RequestContext, action: str, params: Params) -> list[Access]:
    prefix, name = f"arn:aws:scheduler:{context.region}:{context.account_id}:", params.get("Name")
    if "ResourceArn" in params or name is None:
        return [Access(action=action, resource=params.get("ResourceArn") or "*")]
    if context.operation.endswith("ScheduleGroup"):
        return [Access(action=action, resource=f"{prefix}schedule-group/{name}")]
    return [Access(action=action, resource=f"{prefix}schedule/{params.get('GroupName') or 'default'}/{name}")]


def _secretsmanager(context: RequestContext, action: str, params: Params) -> list[Access]:
    """On a secret by the name or ARN that is given: its full ARN has a random end."""
    if context.operation == "BatchGetSecretValue":
        names = params.get("SecretIdList") or ["*"]
        each = [Access(action="secretsmanager:GetSecretValue", resource=name, secret=name) for name in names]
        return [Access(action=action, resource="*"), *each]
    name = params.get("SecretId") or params.get("Name")
    if name is None:
        return [Access(action=action, resource="*")]
    given = {"versionid": "VersionId", "versionstage": "VersionStage", "name": "Name", "kmskeyid": "KmsKeyId"}
    keys = {f"secretsmanager:{key}": (params[member],) for key, member in given.items() if params.get(member)}
    if context.operation == "CreateSecret":
        name = f"arn:aws:secretsmanager:{context.region}:{context.account_id}:secret:{name}-??????"
    return [Access(action=action, resource=name, context=keys, secret=name)]


def _ssm(context: RequestContext, action: str, params: Params) -> list[Access]:
    """On each parameter by name or ARN, without the version behind it; lists are of all."""
    given = (params.get("Name") or params.get("Path") or params.get("ResourceId"), *params.get("Names", ()))
    if context.operation == "DescribeParameters" or not any(given):
        return [Access(action=action, resource="*")]
    prefix = f"arn:aws:ssm:{context.region}:{context.account_id}:parameter/"
    names = [name.removeprefix(prefix).partition(":")[0].removeprefix("/") for name in given if name]
    return [Access(action=action, resource=prefix + name) for name in names]


def _sns(context: RequestContext, action: str, params: Params) -> list[Access]:
    arn = params.get("TopicArn") or params.get("TargetArn") or params.get("ResourceArn")
    if context.operation == "CreateTopic":
        arn = f"arn:aws:sns:{context.region}:{context.account_id}:{params['Name']}"
    return [Access(action=action, resource=arn or "*")]


def _sqs(context: RequestContext, action: str, params: Params) -> list[Access]:
    name = params.get("QueueName") or str(params.get("QueueUrl") or "*").rstrip("/").rpartition("/")[2]
    arn = params.get("SourceArn") or f"arn:aws:sqs:{context.region}:{context.account_id}:{name}"
    return [Access(action=action, resource=arn)]


def _sts(context: RequestContext, action: str, params: Params) -> list[Access]:
    if context.operation != "GetWebIdentityToken":
        return [Access(action=action, resource=params.get("RoleArn", "*"))]
    keys = {
        "sts:identitytokenaudience": tuple(params["Audience"]),
        "sts:signingalgorithm": (params["SigningAlgorithm"],),
        "sts:durationseconds": (str(params.get("DurationSeconds", 300)),),
    }
    tagging = [Access(action="sts:TagGetWebIdentityToken", resource="*")] if params.get("Tags") else []
    return [Access(action=action, resource="*", context=keys), *tagging]


def _cloudformation(context: RequestContext, action: str, params: Params) -> list[Access]:
    name = params.get("StackName")
    if name is None or name.startswith("arn:"):
        return [Access(action=action, resource=name or "*")]
    return [
        Access(action=action, resource=f"arn:aws:cloudformation:{context.region}:{context.account_id}:stack/{name}/*")
    ]


_RESOURCES: dict[str, Callable[[RequestContext, str, Params], list[Access]]] = {
    "cloudformation": _cloudformation,
    "dynamodb": _dynamodb,
    "dynamodbstreams": _dynamodb,
    "ecr": _ecr,
    "events": _events,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "scheduler": _scheduler,
    "secretsmanager": _secretsmanager,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "stepfunctions": _states,
    "sts": _sts,
}
