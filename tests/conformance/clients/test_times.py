"""Times as they stand in answers: the AWS CLI shows them as they come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fixtures.target import Target

SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def answers(client: Any) -> list[str]:
    """The bodies of a client's answers from now on, as they come."""
    bodies: list[str] = []

    def keep(http_response: Any, **_: Any) -> None:
        bodies.append(http_response.content.decode())

    client.meta.events.register("after-call.*.*", keep)
    return bodies


def test_iam_sts_and_api_gateway_write_whole_seconds(target: Target, name: str) -> None:
    iam, sts, api = (target.client(service) for service in ("iam", "sts", "apigatewayv2"))
    created, token, made = map(answers, (iam, sts, api))

    iam.create_user(UserName=name)
    sts.get_session_token(DurationSeconds=900)
    api_id = api.create_api(Name=name, ProtocolType="HTTP")["ApiId"]

    for (body,), member in ((created, "CreateDate"), (token, "Expiration"), (made, "createdDate")):
        assert re.search(rf"{member}(>|\": ?\"){SECONDS.pattern}[<\"]", body), body
    iam.delete_user(UserName=name)
    api.delete_api(ApiId=api_id)


def test_s3_and_cloudformation_write_milliseconds(target: Target, name: str) -> None:
    s3, cloudformation = target.client("s3"), target.client("cloudformation")
    s3.create_bucket(Bucket=name)
    cloudformation.create_stack(StackName=name, TemplateBody="Resources: {Topic: {Type: AWS::SNS::Topic}}")
    listed, described = answers(s3), answers(cloudformation)

    s3.list_buckets()
    cloudformation.describe_stacks(StackName=name)

    for (body,), member in ((listed, "CreationDate"), (described, "CreationTime")):
        assert re.search(rf"<{member}>{MILLISECONDS.pattern}<", body), body
    s3.delete_bucket(Bucket=name)
    cloudformation.delete_stack(StackName=name)
