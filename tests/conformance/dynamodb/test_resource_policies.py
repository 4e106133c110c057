"""Policies of tables, as AWS was recorded: revisions, and what is said of a wrong one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refusal
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.conformance.dynamodb.conftest import Peer
    from tests.fixtures.emulator import LiveEmulator

NOT_FOUND = "Resource-based policy not found for the provided ResourceArn: "


def policy(action: str, principal: str = "000000000000") -> str:
    """A policy that lets somebody do something."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def table_arn(our_peer: Peer) -> str:
    """The ARN of a new table."""
    table = our_peer.create("pk:S")
    return str(our_peer.dynamodb.describe_table(TableName=table)["Table"]["TableArn"])


def test_another_policy_has_a_later_revision_and_the_same_one_the_same(our_peer: Peer, table_arn: str) -> None:
    put = our_peer.dynamodb.put_resource_policy

    first = put(ResourceArn=table_arn, Policy=policy("dynamodb:*"))["RevisionId"]
    same = put(ResourceArn=table_arn, Policy=policy("dynamodb:*"))["RevisionId"]
    other = put(ResourceArn=table_arn, Policy=policy("dynamodb:GetItem"), ExpectedRevisionId=same)["RevisionId"]

    assert (first == same, other > first) == (True, True)
    assert our_peer.dynamodb.get_resource_policy(ResourceArn=table_arn)["RevisionId"] == other


def test_a_change_of_another_revision_than_expected_is_refused(our_peer: Peer, table_arn: str) -> None:
    client, name = our_peer.dynamodb, table_arn.rpartition("/")[2]
    given: dict[str, Any] = {"ResourceArn": table_arn, "Policy": policy("dynamodb:*")}
    found = client.put_resource_policy(**given, ExpectedRevisionId="NO_POLICY")["RevisionId"]

    exists = f"Requested policy update expecting none to be present for table {name}"
    assert refusal(client.put_resource_policy, **given, ExpectedRevisionId="NO_POLICY") == (
        "PolicyNotFoundException",
        f"{NOT_FOUND}{exists}, but a policy exists with revision id {found}.",
    )
    wanted = "Requested update for policy with revision id unknown"
    assert refusal(client.delete_resource_policy, ResourceArn=table_arn, ExpectedRevisionId="unknown") == (
        "PolicyNotFoundException",
        f"{NOT_FOUND}{wanted}, but the policy associated to target table {name} has revision id {found}.",
    )


def test_what_is_not_there_is_named(our_peer: Peer, table_arn: str) -> None:
    get = our_peer.dynamodb.get_resource_policy

    assert refusal(get, ResourceArn=table_arn) == ("PolicyNotFoundException", f"{NOT_FOUND}{table_arn}")
    name = f"{table_arn.rpartition('/')[2]}_"
    assert refusal(get, ResourceArn=f"{table_arn}_") == (
        "ResourceNotFoundException",
        f"Requested resource not found: Table: {name} not found",
    )


def test_a_tables_policy_lets_a_user_in(emulator: LiveEmulator, our_peer: Peer, table_arn: str) -> None:
    user = new_user(emulator.client("iam"), "table-policy")
    client, name = emulator.client("dynamodb", **user.keys), table_arn.rpartition("/")[2]
    assert refusal(client.scan, TableName=name)[0] == "AccessDeniedException"

    our_peer.dynamodb.put_resource_policy(ResourceArn=table_arn, Policy=policy("dynamodb:Scan", user.arn))

    assert client.scan(TableName=name)["Count"] == 0
    assert refusal(client.get_item, TableName=name, Key={"pk": {"S": "a"}})[0] == "AccessDeniedException"
