"""Versions, revisions and what answers show of them, as AWS was recorded (2022 to 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.zip_functions import archive, create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
ONE, TWO = (f"def handler(event, context):\n    return {number}" for number in (1, 2))


@pytest.fixture(scope="module")
def role(emulator: LiveEmulator) -> str:
    """A role that Lambda may take."""
    return role_for(emulator, "versions")


def create(client: Any, role: str, name: str, **params: Any) -> dict[str, Any]:
    """A zip function."""
    return create_function(client, name, role, ONE, **params)


def test_a_published_function_is_answered_by_its_plain_arn(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")

    created = create(client, role, "published", Publish=True)

    assert (created["FunctionArn"], created["Version"], created["State"]) == (f"{ARN}published", "1", "Pending")
    version = client.get_function_configuration(FunctionName="published", Qualifier="1")
    assert (version["FunctionArn"], version["LastUpdateStatus"]) == (f"{ARN}published:1", "Successful")
    assert version["RevisionId"] != created["RevisionId"]


def test_code_that_is_published_at_once_answers_a_pending_version(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")
    create(client, role, "at-once")

    updated = client.update_function_code(FunctionName="at-once", ZipFile=archive(TWO), Publish=True)

    assert (updated["FunctionArn"], updated["State"]) == (f"{ARN}at-once:1", "Pending")
    assert "LastUpdateStatus" not in updated


def test_managed_runtimes_have_a_version_except_in_lists(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")

    created = create(client, role, "managed")

    runtime = created["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert runtime.startswith("arn:aws:lambda:us-east-1::runtime:")
    assert client.get_function(FunctionName="managed")["Configuration"]["RuntimeVersionConfig"] == {
        "RuntimeVersionArn": runtime
    }
    assert "RuntimeVersionConfig" not in client.list_versions_by_function(FunctionName="managed")["Versions"][0]


def test_another_description_makes_another_version_but_not_twice(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")
    create(client, role, "described")

    first = client.publish_version(FunctionName="described", Description="the first")
    again = client.publish_version(FunctionName="described", Description="ignored")
    client.update_function_configuration(FunctionName="described", Description="changed")
    second = client.publish_version(FunctionName="described")

    assert (first["Version"], again["Version"], again["Description"]) == ("1", "1", "the first")
    assert (second["Version"], second["Description"]) == ("2", "changed")


def test_permissions_change_the_revision_of_what_they_are_for(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")
    create(client, role, "revised", Publish=True)
    before = client.create_alias(FunctionName="revised", Name="live", FunctionVersion="1")["RevisionId"]

    client.add_permission(
        FunctionName="revised",
        Qualifier="live",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        RevisionId=before,
    )

    after = client.get_alias(FunctionName="revised", Name="live")["RevisionId"]
    assert after != before
    assert client.get_policy(FunctionName="revised", Qualifier="live")["RevisionId"] == after


def test_tags_change_a_functions_revision(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")
    revisions = [create(client, role, "tagged")["RevisionId"]]

    client.tag_resource(Resource=f"{ARN}tagged", Tags={"a": "b"})
    revisions.append(client.get_function_configuration(FunctionName="tagged")["RevisionId"])
    client.untag_resource(Resource=f"{ARN}tagged", TagKeys=["a"])
    revisions.append(client.get_function_configuration(FunctionName="tagged")["RevisionId"])

    assert len(set(revisions)) == 3


def test_conditions_of_a_permission_are_written_in_lambdas_order(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")
    create(client, role, "permitted")

    added = client.add_permission(
        FunctionName="permitted",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
        PrincipalOrgID="o-1234567890",
        SourceAccount="000000000000",
        SourceArn="arn:aws:s3:::bucket",
    )
    voice = client.add_permission(
        FunctionName="permitted",
        StatementId="voice",
        Action="lambda:InvokeFunction",
        Principal="*",
        EventSourceToken="amzn1.ask.skill.x",
    )

    equal = (
        '{"lambda:FunctionUrlAuthType":"NONE","aws:PrincipalOrgID":"o-1234567890","AWS:SourceAccount":"000000000000"}'
    )
    like = '{"AWS:SourceArn":"arn:aws:s3:::bucket"}'
    assert added["Statement"].endswith(f'"Condition":{{"StringEquals":{equal},"ArnLike":{like}}}}}')
    assert '"Condition":{"StringEquals":{"lambda:EventSourceToken":"amzn1.ask.skill.x"}}' in voice["Statement"]


def test_all_functions_are_listed_with_the_arns_of_their_versions(emulator: LiveEmulator, role: str) -> None:
    client = emulator.client("lambda")
    create(client, role, "listed", Publish=True)

    found = client.list_functions(FunctionVersion="ALL")["Functions"]

    arns = [each["FunctionArn"] for each in found if each["FunctionName"] == "listed"]
    assert arns == [f"{ARN}listed:$LATEST", f"{ARN}listed:1"]
    assert client.delete_function(FunctionName="listed")["ResponseMetadata"]["HTTPStatusCode"] == 204
