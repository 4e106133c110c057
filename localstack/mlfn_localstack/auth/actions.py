"""Which IAM actions on which resources an operation needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mlfn_localstack.auth.access import Access
from mlfn_localstack.auth.messaging_access import events, scheduler, sns, sqs

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.service import Params, RequestContext


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
_WRITES = frozenset({"CopyObject", "CreateMultipartUpload", "PostObject", "PutObject"})
_BESIDE = {
    "Tagging": "s3:PutObjectTagging",
    **dict.fromkeys(("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"), "s3:PutObjectAcl"),
    **dict.fromkeys(("ObjectLockMode", "ObjectLockRetainUntilDate"), "s3:PutObjectRetention"),
    "ObjectLockLegalHoldStatus": "s3:PutObjectLegalHold",
}
"""Members of a write -> the action that they need beside the write's own."""
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
    ("stepfunctions", "TestState"): ("states.amazonaws.com", "roleArn"),
    ("stepfunctions", "UpdateStateMachine"): ("states.amazonaws.com", "roleArn"),
}
"""Operations that pass a role -> the service that gets it, and the member that names it."""
_STATES_ARNS = (
    *("stateMachineArn", "executionArn", "mapRunArn", "resourceArn"),
    *("stateMachineVersionArn", "stateMachineAliasArn", "activityArn"),
)
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
    name = params.get("FunctionName") or params.get("Resource")
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
        found += [
            Access(action=each, resource=found[0].resource) for each in _written_beside(context.operation, params)
        ]
        source = params.get("CopySource")
        if isinstance(source, str):
            path, _, version = source.removeprefix("/").partition("?versionId=")
            read = "s3:GetObjectVersion" if version else "s3:GetObject"
            found.append(Access(action=read, resource=f"arn:aws:s3:::{unquote(path)}"))
        return found
    keys = {"s3:prefix": (params["Prefix"],)} if "Prefix" in params else {}
    return [Access(action=action, resource=arn, context=keys)]


def _written_beside(operation: str, params: Params) -> list[str]:
    """What else a write needs: S3 asks for the tags, the access control list and the lock of an object by themselves.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    """
    if operation not in _WRITES or not (params.keys() & _BESIDE.keys()):
        return []
    kept = operation == "CopyObject" and params.get("TaggingDirective") != "REPLACE"
    asked = (action for member, action in _BESIDE.items() if params.get(member) and not (kept and member == "Tagging"))
    return list(dict.fromkeys(asked))


def _states(context: RequestContext, action: str, params: Params) -> list[Access]:
    arn: Any = next((params[name] for name in _STATES_ARNS if params.get(name)), None)
    if arn is None and "name" in params:
        kind = "activity" if context.operation == "CreateActivity" else "stateMachine"
        arn = f"arn:aws:states:{context.region}:{context.account_id}:{kind}:{params['name']}"
    return [Access(action=action, resource=arn or "*")]


def _logs(context: RequestContext, action: str, params: Params) -> list[Access]:
    """On every group that is named, by its name or its ARN."""
    prefix = f"arn:aws:logs:{context.region}:{context.account_id}:log-group:"
    given = [params[member] for member in ("logGroupName", "logGroupIdentifier") if params.get(member)]
    if context.operation == "StartQuery":
        given += [*params.get("logGroupNames", ()), *params.get("logGroupIdentifiers", ())]
    if not given:
        return [Access(action=action, resource=params.get("resourceArn") or f"{prefix}*")]
    stream = params.get("logStreamName")
    names = dict.fromkeys(name.partition(":log-group:")[2].removesuffix(":*") or name for name in given)
    return [
        Access(action=action, resource=f"{prefix}{name}:log-stream:{stream}" if stream else f"{prefix}{name}:*")
        for name in names
    ]


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
    "events": events,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "scheduler": scheduler,
    "secretsmanager": _secretsmanager,
    "sns": sns,
    "sqs": sqs,
    "ssm": _ssm,
    "stepfunctions": _states,
    "sts": _sts,
}
