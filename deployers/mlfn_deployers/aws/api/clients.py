"""boto3 clients of a target, made once each."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from mlfn_deployers.aws.api.plain_answers import plain_session

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

    from mlfn_engine.values import Target


class Clients:
    """The clients a deploy needs, for one target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @cached_property
    def session(self) -> boto3.Session:
        """The session the clients share."""
        return self._session()

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """CloudFormation."""
        client: CloudFormationClient = self._client("cloudformation")
        return client

    @cached_property
    def cloudtrail(self) -> Any:
        """CloudTrail."""
        return self._client("cloudtrail")

    @cached_property
    def cloudwatch(self) -> Any:
        """CloudWatch."""
        return self._client("cloudwatch")

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @cached_property
    def records(self) -> Any:
        """DynamoDB for reading many items: they come as the service's JSON has them, binary values as base64 text."""
        session = self._session(botocore_session=plain_session())
        return self._client("dynamodb", session=session, parameter_validation=False)

    @cached_property
    def ecr(self) -> ECRClient:
        """ECR."""
        client: ECRClient = self._client("ecr")
        return client

    @cached_property
    def functions(self) -> LambdaClient:
        """Lambda. Its read timeout is the longest a function may run."""
        client: LambdaClient = self._client("lambda", read_timeout_s=905)
        return client

    @cached_property
    def kms(self) -> Any:
        """KMS."""
        return self._client("kms")

    @cached_property
    def iam(self) -> IAMClient:
        """IAM."""
        client: IAMClient = self._client("iam")
        return client

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        client: CloudWatchLogsClient = self._client("logs")
        return client

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        client: S3Client = self._client("s3")
        return client

    @cached_property
    def secretsmanager(self) -> Any:
        """Secrets Manager."""
        return self._client("secretsmanager")

    @cached_property
    def ssm(self) -> Any:
        """Systems Manager, for its Parameter Store."""
        return self._client("ssm")

    @cached_property
    def stepfunctions(self) -> SFNClient:
        """Step Functions."""
        client: SFNClient = self._client("stepfunctions")
        return client

    @cached_property
    def sts(self) -> STSClient:
        """STS."""
        client: STSClient = self._client("sts")
        return client

    def _session(self, **settings: Any) -> boto3.Session:
        if self._target.role and self._role_credentials:
            core: Any = settings.get("botocore_session") or botocore.session.get_session()
            core._credentials = self._role_credentials  # botocore has no other way to say so
            return boto3.Session(region_name=self._target.region, botocore_session=core)
        return self._own_session(**settings)

    def _own_session(self, **settings: Any) -> boto3.Session:
        return boto3.Session(
            region_name=self._target.region,
            profile_name=self._target.profile,
            aws_access_key_id=self._target.access_key,
            aws_secret_access_key=self._target.secret_key,
            aws_session_token=self._target.session_token,
            **settings,
        )

    @cached_property
    def _role_credentials(self) -> Credentials | None:
        from mlfn_deployers.aws.api.assuming import role_credentials  # noqa: PLC0415 - most stages take on no role

        return role_credentials(self._own_session(), self._target.role or "", self._target.endpoint_url)

    def _client(
        self, service: str, *, session: boto3.Session | None = None, read_timeout_s: int = 60, **settings: Any
    ) -> Any:
        config = Config(
            retries={"mode": "standard", "max_attempts": 4},
            read_timeout=read_timeout_s,
            inject_host_prefix=not self._target.endpoint_url,
            s3={"addressing_style": "path"} if self._target.endpoint_url else None,
            **settings,
        )
        return (session or self.session).client(service, endpoint_url=self._target.endpoint_url, config=config)  # type: ignore[call-overload]  # the service's name is not a literal here
