"""boto3's paginators end, and small pages hold what large ones do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import Target

READS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)


@pytest.fixture(scope="module")
def prefix(target: Target) -> Iterator[str]:
    """What names begin with, of three of everything that the paginators below list."""
    name = "conf-pages"
    iam, ssm, logs, kms, ecr = (target.client(service) for service in ("iam", "ssm", "logs", "kms", "ecr"))
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    iam.create_user(UserName=name)
    logs.create_log_group(logGroupName=name)
    for number in range(3):
        iam.create_group(GroupName=f"{name}-{number}")
        iam.add_user_to_group(GroupName=f"{name}-{number}", UserName=name)
        iam.put_user_policy(UserName=name, PolicyName=f"{name}-{number}", PolicyDocument=READS)
        ssm.put_parameter(Name=f"/{name}/{number}", Value="v", Type="String")
        logs.create_log_stream(logGroupName=name, logStreamName=f"{name}-{number}")
        kms.create_alias(AliasName=f"alias/{name}-{number}", TargetKeyId=key)
        ecr.create_repository(repositoryName=f"{name}-{number}")
    yield name
    for number in range(3):
        iam.remove_user_from_group(GroupName=f"{name}-{number}", UserName=name)
        iam.delete_group(GroupName=f"{name}-{number}")
        iam.delete_user_policy(UserName=name, PolicyName=f"{name}-{number}")
        ssm.delete_parameter(Name=f"/{name}/{number}")
        kms.delete_alias(AliasName=f"alias/{name}-{number}")
        ecr.delete_repository(repositoryName=f"{name}-{number}")
    iam.delete_user(UserName=name)
    logs.delete_log_group(logGroupName=name)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("iam", "list_groups", {}),
        ("iam", "list_groups_for_user", {"UserName": "{name}"}),
        ("iam", "list_user_policies", {"UserName": "{name}"}),
        ("ssm", "describe_parameters", {}),
        ("ssm", "get_parameters_by_path", {"Path": "/{name}"}),
        ("logs", "describe_log_streams", {"logGroupName": "{name}"}),
        ("kms", "list_aliases", {}),
        ("ecr", "describe_repositories", {}),
    ],
)
def test_small_pages_hold_what_large_ones_do(
    target: Target, prefix: str, service: str, operation: str, params: dict[str, str]
) -> None:
    paginator = target.client(service).get_paginator(operation)
    given = {member: value.format(name=prefix) for member, value in params.items()}
    (result,) = paginator.result_keys

    def found(**config: int) -> tuple[int, list[str]]:
        pages = list(paginator.paginate(**given, PaginationConfig=config))
        every = [json.dumps(one, default=str) for page in pages for one in result.search(page)]
        return len(pages), sorted(each for each in every if prefix in each)

    (_, large), (pages, small) = found(), found(PageSize=1)

    assert len(large) >= 3
    assert pages >= 3
    assert small == large
