"""Dangerous edits of good templates: what somebody in a hurry, or somebody with a purpose, would change."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlfn_engine.planning.templates import Tree, read_template

GOLDEN = Path(__file__).parents[2] / "golden" / "templates"
GONE = object()
"""Remove what is there."""
LAST = -1
ROUTE, PERMISSION = "SentimentRoute", "SentimentPermission"
ROLE, FUNCTION = "SentimentRole", "SentimentFunction"
POLICY = (ROLE, "Properties", "Policies", 0, "PolicyDocument", "Statement")
WRITE_LOGS, APPEND, READ_KEY, UNWRAP = 0, 1, 2, 3
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
SECRET = "AWS_SECRET_ACCESS_KEY=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A template with one edit: `value` at `path` below its resources (or below `top`)."""

    template: str
    path: tuple[str | int, ...]
    value: Any
    top: str = "Resources"

    def body(self) -> str:
        """The edited template, as JSON."""
        tree = _tree(self.template)
        place: Any = tree[self.top]
        for part in self.path[:-1]:
            place = place[part]
        if self.value is GONE:
            del place[self.path[-1]]
        elif isinstance(place, list) and self.path[-1] == LAST:
            place.append(self.value)
        else:
            place[self.path[-1]] = self.value
        return json.dumps(tree)


SECRETS = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def _tree(template: str) -> Tree:
    return deepcopy(read_template((GOLDEN / f"{template}.yaml").read_text()))


def app(*path: str | int, value: Any) -> Mutant:
    """An edit of an app with two models and two pipelines."""
    return Mutant(template="judge", path=path, value=value)


def prop(name: str, *path: str | int, value: Any, template: str = "judge") -> Mutant:
    """An edit of a resource's properties."""
    return Mutant(template=template, path=(name, "Properties", *path), value=value)


SHADOWED = "arn:aws:lambda:us-east-1:123456789012:function:reviews-dev-extract_text"


def shadow_statement(place: int, *path: str | int, value: Any) -> Mutant:
    """An edit of what a shadow's stack lets a function do."""
    return prop("ShadowPolicy", "PolicyDocument", "Statement", place, *path, value=value, template="shadow")


def statement(place: int, *path: str | int, value: Any) -> Mutant:
    """An edit of what a model's role may do."""
    return Mutant(template="judge", path=(*POLICY, place, *path), value=value)


def allow(action: Any, resource: Any = "*", **more: Any) -> Mutant:
    """One more thing a model's role may do."""
    added = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return Mutant(template="judge", path=(*POLICY, LAST), value=added)


def definition(**changes: Any) -> Mutant:
    """An edit of a state of a pipeline."""
    text = _tree("judge")["Resources"]["JudgeSyncStateMachine"]["Properties"]["DefinitionString"]
    flow = json.loads(text)
    state = flow["States"][flow["StartAt"]]
    for name, value in changes.items():
        if value is GONE:
            del state[name]
        else:
            state[name] = value
    return prop("JudgeSyncStateMachine", "DefinitionString", value=json.dumps(flow))


TABLE = {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AuditTable}"}
CATCH_ALL = {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}
MUTANTS = {
    # who gets in
    "a route without authorisation": prop(ROUTE, "AuthorizationType", value="NONE"),
    "a route whose authorisation is left out": prop(ROUTE, "AuthorizationType", value=GONE),
    "a route with an authorisation that is none": prop(ROUTE, "AuthorizationType", value="IAM"),
    "a token route without authoriser": prop(ROUTE, "AuthorizerId", value=GONE, template="tokens"),
    "a token route without its scopes": prop(ROUTE, "AuthorizationScopes", value=GONE, template="tokens"),
    "a token route with other scopes": prop(ROUTE, "AuthorizationScopes", value=["openid"], template="tokens"),
    "an issuer at plain http": prop(
        "TokenAuthorizer75fbe54c", "JwtConfiguration", "Issuer", value="http://login.example.com", template="tokens"
    ),
    "tokens for any audience": prop(
        "TokenAuthorizer75fbe54c", "JwtConfiguration", "Audience", value=[], template="tokens"
    ),
    "a route for every path": prop(ROUTE, "RouteKey", value="$default"),
    "a route for every method": prop(ROUTE, "RouteKey", value="ANY /models/sentiment"),
    "a route key without its space": prop(ROUTE, "RouteKey", value="POST/models/sentiment"),
    "a function URL": app("Url", value={
        "Type": "AWS::Lambda::Url",
        "Properties": {"TargetFunctionArn": {"Fn::GetAtt": [FUNCTION, "Arn"]}, "AuthType": "NONE"},
    }),
    "an integration with the function itself": prop(
        "SentimentIntegration", "IntegrationUri", value={"Fn::GetAtt": [FUNCTION, "Arn"]}
    ),
    "an integration with the alias of direct callers": prop(
        "SentimentIntegration", "IntegrationUri", value={"Ref": "SentimentAliasLive"}
    ),
    "the payload format without the caller's ARN": prop("SentimentIntegration", "PayloadFormatVersion", value="1.0"),
    "an integration that waits for a minute": prop("SentimentIntegration", "TimeoutInMillis", value=60_000),
    "no throttling": prop("HttpApiStage", "DefaultRouteSettings", value=GONE),
    "throttling that lets all through": prop(
        "HttpApiStage", "DefaultRouteSettings", "ThrottlingRateLimit", value=1_000_000
    ),
    "no access log": prop("HttpApiStage", "AccessLogSettings", value=GONE),
    "an access log without the caller": prop(
        "HttpApiStage", "AccessLogSettings", "Format", value='{"requestId":"$context.requestId"}'
    ),
    "a permission for everybody": prop(PERMISSION, "Principal", value="*"),
    "a permission for an account": prop(PERMISSION, "Principal", value="210987654321"),
    "a permission without source": prop(PERMISSION, "SourceArn", value=GONE),
    "a permission for any source": prop(PERMISSION, "SourceArn", value="*"),
    "a permission for all routes": prop(PERMISSION, "SourceArn", value={
        "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*"
    }),
    "a permission for any account": prop(PERMISSION, "SourceAccount", value=GONE),
    "a permission for another account": prop(PERMISSION, "SourceAccount", value="210987654321"),
    "a permission on the function instead of its alias": prop(PERMISSION, "FunctionName", value={"Ref": FUNCTION}),
    "a permission for everything": prop(PERMISSION, "Action", value="lambda:*"),
    # what roles may do
    "messages to every topic": Mutant(
        template="asking", path=("MlfnIngressRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", LAST),
        value={
            "Effect": "Allow", "Action": "sns:Publish",
            "Resource": {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:*"},
        },
    ),
    "another model's large inputs": app(*POLICY, LAST, value={
        "Effect": "Allow", "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DataBucket}/calls/reviews.extract_text/*"},
    }),
    "every model's large answers": app(*POLICY, LAST, value={
        "Effect": "Allow", "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DataBucket}/calls/*"},
    }),
    "a role for everybody": prop(ROLE, "AssumeRolePolicyDocument", "Statement", 0, "Principal", value={"AWS": "*"}),
    "a role for an account": prop(
        ROLE, "AssumeRolePolicyDocument", "Statement", 0, "Principal",
        value={"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
    ),
    "callers' role without its condition": prop(
        "ArchiveSyncCallersRole", "AssumeRolePolicyDocument", "Statement", 0, "Condition", value=GONE,
        template="tokens",
    ),
    "everything on everything": allow("*"),
    "all of DynamoDB": allow("dynamodb:*", TABLE),
    "all of S3": allow("s3:*", {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DataBucket}/keys/reviews"}),
    "everything but one action": Mutant(
        template="judge", path=(*POLICY, LAST),
        value={"Effect": "Allow", "NotAction": "iam:CreateUser", "Resource": TABLE},
    ),
    "one subnet": prop(FUNCTION, "VpcConfig", "SubnetIds", value=["subnet-01234567"], template="in_vpc"),
    "no security group": prop(FUNCTION, "VpcConfig", "SecurityGroupIds", value=[], template="in_vpc"),
    "every secret of a team": allow("secretsmanager:GetSecretValue", f"{SECRETS}shop/*"),
    "every parameter of a team": allow(
        "ssm:GetParameter", "arn:aws:ssm:us-east-1:123456789012:parameter/shop/*"
    ),
    "writing a parameter": allow("ssm:PutParameter", "arn:aws:ssm:us-east-1:123456789012:parameter/shop/token"),
    "parameters' key for all of them": Mutant(
        template="secret", path=(*POLICY, LAST), value={
            "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:123456789012:key/x",
            "Condition": {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}},
        },
    ),
    "writing a secret": allow("secretsmanager:PutSecretValue", f"{SECRETS}shop/api-key-??????"),
    "changing records": allow("dynamodb:UpdateItem", TABLE),
    "deleting records": allow("dynamodb:DeleteItem", TABLE),
    "deleting records in batches": allow("dynamodb:BatchWriteItem", TABLE),
    "records by PartiQL": allow("dynamodb:PartiQLDelete", TABLE),
    "reading others' records": allow("dynamodb:Query", TABLE),
    "records of every model": statement(APPEND, "Condition", value=GONE),
    "records under any key": statement(
        APPEND, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys", value=["*"]
    ),
    "records of another model": statement(
        APPEND, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys", value=["A#reviews.extract_text#*"]
    ),
    "records of all models of the app": statement(
        APPEND, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys", value=["A#reviews.*"]
    ),
    "records without a key to look at": statement(APPEND, "Condition", "Null", value=GONE),
    "other apps' data keys": statement(UNWRAP, "Condition", value=GONE),
    "every object of the data bucket": statement(
        READ_KEY, "Resource", value={"Fn::Sub": "arn:${AWS::Partition}:s3:::${DataBucket}/*"}
    ),
    "every bucket": statement(READ_KEY, "Resource", value="arn:aws:s3:::*"),
    "every log group": statement(WRITE_LOGS, "Resource", value="*"),
    "taking on roles": allow("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin"),
    "making users": allow("iam:CreateUser", "arn:aws:iam::123456789012:user/x"),
    "passing roles": allow("iam:PassRole", "arn:aws:iam::123456789012:role/x"),
    "changing code": allow("lambda:UpdateFunctionCode", {"Fn::GetAtt": [FUNCTION, "Arn"]}),
    "deleting logs": allow("logs:DeleteLogGroup", {"Fn::GetAtt": ["SentimentLogGroup", "Arn"]}),
    "deleting checkpoints before their time": allow(
        ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"], "arn:aws:s3:::mlfn-seal-x/mlfn-audit-dev/1"
    ),
    "destroying the data key": allow("kms:ScheduleKeyDeletion", {"Ref": "DataKey"}),
    "a role of another function": prop(FUNCTION, "Role", value={"Fn::GetAtt": ["ExtractTextRole", "Arn"]}),
    "a role from elsewhere": prop(FUNCTION, "Role", value="arn:aws:iam::123456789012:role/admin"),
    # what runs
    "an image by tag": prop(
        FUNCTION, "Code", "ImageUri", value="123456789012.dkr.ecr.us-east-1.amazonaws.com/x:latest"
    ),
    "an archive by name": prop(FUNCTION, "Code", "S3Key", value="packages/latest.zip", template="archive"),
    "code in the template": prop(FUNCTION, "Code", value={"ZipFile": "print(1)"}, template="archive"),
    "an image parameter that takes tags": Mutant(
        template="judge", top="Parameters", path=("SentimentImage", "AllowedPattern"), value=GONE
    ),
    "an alias that leads to $LATEST": prop("SentimentAliasApi", "FunctionVersion", value="$LATEST"),
    "no alias for state machines": app("SentimentAliasSfn", value=GONE),
    "versions that go with the stack": app("SentimentVersion50299c1674c1", "DeletionPolicy", value="Delete"),
    "a timeout beyond Lambda's": prop(FUNCTION, "Timeout", value=901),
    "memory beyond Lambda's": prop(FUNCTION, "MemorySize", value=20_480),
    "a secret in the environment": prop(FUNCTION, "Environment", "Variables", "KEY", value=AWS_KEY),
    "a secret in a description": prop(FUNCTION, "Description", value=SECRET),
    "a dynamic reference in a description": prop(
        FUNCTION, "Description", value="{{resolve:secretsmanager:prod/db:SecretString:password}}"
    ),
    "calls told by their shape": prop(FUNCTION, "Environment", "Variables", "MLFN_INGRESS", value="shape"),
    "records in another table": prop(FUNCTION, "Environment", "Variables", "MLFN_AUDIT_TABLE", value="scratch"),
    "logs in plain text": prop(FUNCTION, "LoggingConfig", "LogFormat", value="Text"),
    "logs without Lambda's own lines": prop(FUNCTION, "LoggingConfig", "SystemLogLevel", value="WARN"),
    "logs that are kept for ever": prop("SentimentLogGroup", "RetentionInDays", value=GONE),
    "logs that are gone in a day": prop("SentimentLogGroup", "RetentionInDays", value=1),
    "no log group": prop("SentimentLogGroup", "LogGroupName", value="/aws/lambda/other"),
    "spooled records that reach nobody": app("SentimentAuditLines", value=GONE),
    "a filter that lets spooled records lie": prop("SentimentAuditLines", "FilterPattern", value="{ $.nothing = 1 }"),
    # pipelines
    "payloads in a pipeline's log": prop(
        "JudgeSyncStateMachine", "LoggingConfiguration", "IncludeExecutionData", value=True
    ),
    "a pipeline without log": prop("JudgeSyncStateMachine", "LoggingConfiguration", value=GONE),
    "a pipeline that logs errors only": prop("JudgeSyncStateMachine", "LoggingConfiguration", "Level", value="ERROR"),
    "a pipeline that calls $LATEST": prop(
        "JudgeSyncStateMachine", "DefinitionSubstitutions", "sentiment", value={"Fn::GetAtt": [FUNCTION, "Arn"]}
    ),
    "a pipeline that calls as the API": prop(
        "JudgeSyncStateMachine", "DefinitionSubstitutions", "sentiment", value={"Ref": "SentimentAliasApi"}
    ),
    "a step that leads nowhere": definition(Next="nowhere"),
    "a step without end": definition(Next=GONE),
    "a catch-all before other handlers": definition(Retry=[CATCH_ALL, {"ErrorEquals": ["Throttled"]}]),
    "a catch-all beside other errors": definition(Retry=[{"ErrorEquals": ["Throttled", "States.ALL"]}]),
    "a heartbeat longer than its timeout": definition(TimeoutSeconds=5, HeartbeatSeconds=10),
    # what is kept
    **{
        f"a table {words}": prop("AuditTable", *path, value=value, template="base")
        for words, path, value in (
            ("that can be deleted", ("DeletionProtectionEnabled",), False),
            ("without recovery", ("PointInTimeRecoverySpecification",), GONE),
            ("without encryption", ("SSESpecification", "SSEEnabled"), False),
            ("whose stream tells no old images", ("StreamSpecification", "StreamViewType"), "NEW_IMAGE"),
            ("whose records never go", ("TimeToLiveSpecification", "Enabled"), False),
            ("whose records go by their time", ("TimeToLiveSpecification", "AttributeName"), "t0"),
        )
    },
    "a table that goes with its stack": Mutant(
        template="base", path=("AuditTable", "DeletionPolicy"), value="Delete"
    ),
    "a table that goes when it is replaced": Mutant(
        template="base", path=("AuditTable", "UpdateReplacePolicy"), value=GONE
    ),
    "a bucket that goes with its stack": Mutant(template="base", path=("DataBucket", "DeletionPolicy"), value=GONE),
    **{
        f"a data bucket {words}": prop("DataBucket", *path, value=value, template="base")
        for words, path, value in (
            ("that may become public", ("PublicAccessBlockConfiguration", "BlockPublicPolicy"), False),
            ("without versions", ("VersioningConfiguration", "Status"), "Suspended"),
            ("without encryption", ("BucketEncryption",), GONE),
            ("whose objects belong to others", ("OwnershipControls",), GONE),
            ("whose keys expire", ("LifecycleConfiguration", "Rules", 2, "Prefix"), GONE),
        )
    },
    "a bucket that takes plain http": Mutant(template="base", path=("DataBucketPolicy",), value=GONE),
    "a bucket for everybody": prop(
        "DataBucketPolicy", "PolicyDocument", "Statement", LAST, template="base",
        value={"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
               "Resource": {"Fn::Sub": "${DataBucket.Arn}/keys/x"}},
    ),
    "a key that never rotates": prop("DataKey", "EnableKeyRotation", value=False, template="base"),
    "a key for another account": prop(
        "DataKey", "KeyPolicy", "Statement", 0, "Principal", value={"AWS": "arn:aws:iam::210987654321:root"},
        template="base",
    ),
    "a switched-off signing key": prop("SealKey", "Enabled", value=False, template="seal"),
    "image tags that move": prop("Repository", "ImageTagMutability", value="MUTABLE", template="base"),
    "images nobody scans": prop("Repository", "ImageScanningConfiguration", value=GONE, template="base"),
    "images that expire with their tags": prop(
        "Repository", "LifecyclePolicy", "LifecyclePolicyText", template="base",
        value=json.dumps({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any"}}]}),
    ),
    "images for anybody's functions": prop(
        "Repository", "RepositoryPolicyText", "Statement", 0, "Condition", value=GONE, template="base"
    ),
    "checkpoints without lock": prop("SealBucket", "ObjectLockEnabled", value=False, template="seal"),
    "checkpoints without retention": prop("SealBucket", "ObjectLockConfiguration", value=GONE, template="seal"),
    "checkpoints whose lock can be bypassed": Mutant(
        template="seal", top="Parameters", path=("LockMode", "Default"), value="GOVERNANCE"
    ),
    "checkpoints locked for a day": Mutant(template="seal", top="Parameters", path=("LockDays", "Default"), value=1),
    # what is under the stage's own key
    "a keyed table under AWS's key": prop(
        "AuditTable", "SSESpecification", value={"SSEEnabled": True}, template="base_with_key"
    ),
    "a keyed bucket under AWS's key": prop(
        "DataBucket", "BucketEncryption", "ServerSideEncryptionConfiguration", 0, template="base_with_key",
        value={"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
    ),
    "a key that every service may use": prop(
        "StageKey", "KeyPolicy", "Statement", 1, "Principal", value={"Service": "*"}, template="base_with_key"
    ),
    "a key for any account's logs": prop(
        "StageKey", "KeyPolicy", "Statement", 1, "Condition", value=GONE, template="base_with_key"
    ),
    "a keyed log under AWS's key": prop("SentimentLogGroup", "KmsKeyId", value=GONE, template="keyed"),
    "keyed variables under AWS's key": prop(FUNCTION, "KmsKeyArn", value=GONE, template="keyed"),
    "questions under AWS's key": prop("ApprovalsTable", "SSESpecification", value={"SSEEnabled": True},
                                      template="keyed"),
    "the stage's key for anything": Mutant(
        template="keyed", path=(*POLICY, LAST), value={"Effect": "Allow", "Action": "kms:Decrypt",
                                                       "Resource": {"Ref": "StageKey"}},
    ),
    "the stage's key for any table": Mutant(
        template="keyed", path=(*POLICY, 4, "Condition", "StringEquals",
                                "kms:EncryptionContext:aws:dynamodb:tableName"), value="*",
    ),
    # what keeps the trail whole
    "a reaper that does not run": prop("ReaperSchedule", "State", value="DISABLED", template="platform"),
    "an alarm that is switched off": prop("AuditTamperedAlarm", "ActionsEnabled", value=False, template="platform"),
    "an alarm that tells nobody": prop("AuditLostAlarm", "AlarmActions", value=GONE, template="platform"),
    "an alarm that waits for a hundred": prop("AuditLostAlarm", "Threshold", value=100, template="platform"),
    "no alarm for lost records": Mutant(template="platform", path=("AuditLostAlarm",), value=GONE),
    "a writer that may change records": Mutant(
        template="platform",
        path=("WriterRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1, "Action"),
        value=["dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    "a sealer that may write anything": Mutant(
        template="platform",
        path=("SealerRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 1, "Condition"), value=GONE,
    ),
    # shadows
    "copies for any alias": shadow_statement(0, "Resource", value=f"{SHADOWED}:*"),
    "copies for what answers": shadow_statement(0, "Resource", value=f"{SHADOWED}:live"),
    "copies for the function itself": shadow_statement(0, "Resource", value=SHADOWED),
    "a shadow that writes": shadow_statement(1, "Action", value=["s3:GetObject", "s3:PutObject"]),
    "a shadow that reads payloads": shadow_statement(1, "Resource", value="arn:aws:s3:::data/payloads/a.json"),
    "a shadow of code that can change": prop("ShadowAlias", "FunctionVersion", value="$LATEST", template="shadow"),
    "copies that are kept when they fail": prop(
        "ShadowCalls", "DestinationConfig", template="shadow",
        value={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failed"}},
    ),
    "copies that are tried again": prop("ShadowCalls", "MaximumRetryAttempts", value=2, template="shadow"),
    "copies that wait for hours": prop("ShadowCalls", "MaximumEventAgeInSeconds", value=21_600, template="shadow"),
    "copies that Lambda keeps as it likes": Mutant(template="shadow", path=("ShadowCalls",), value=GONE),
}  # fmt: skip
"""At least sixty, each of which some tool must find."""
