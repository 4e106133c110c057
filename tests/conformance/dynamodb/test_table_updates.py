"""UpdateTable and what a table can take, as AWS was measured (October 2026)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}
DEFINITIONS = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")]
LIMIT = {"MaxReadRequestUnits": 9}
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
INVALID = "One or more parameter values were invalid: "


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def index(name: str = "by-g", **more: Any) -> dict[str, Any]:
    keys = [{"AttributeName": "g", "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}, **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """One table billed per request and one with capacity of 2 and 1, each with an index."""

    client: Any
    names: tuple[str, ...] = ("measured-on-demand", "measured-provisioned")

    def update(self, which: str, **params: Any) -> dict[str, Any]:
        description: dict[str, Any] = self.client.update_table(TableName=f"measured-{which}", **params)[
            "TableDescription"
        ]
        return description

    def shown(self, which: str) -> dict[str, Any]:
        table: dict[str, Any] = self.client.describe_table(TableName=f"measured-{which}")["Table"]
        return table

    def refusal(self, which: str, **params: Any) -> str:
        with pytest.raises(ClientError) as caught:
            self.update(which, **params)
        error = caught.value.response["Error"]
        return error["Message"] if error["Code"] == "ValidationException" else f"{error['Code']}: {error['Message']}"


@pytest.fixture
def tables(emulator: LiveEmulator) -> Any:
    client = emulator.client("dynamodb")
    new = {"KeySchema": KEYS["KeySchema"], "AttributeDefinitions": DEFINITIONS}
    client.create_table(
        TableName="measured-on-demand", BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[index()], **new
    )
    client.create_table(
        TableName="measured-provisioned",
        ProvisionedThroughput=units(2, 1),
        GlobalSecondaryIndexes=[index(ProvisionedThroughput=units(2, 1))],
        **new,
    )
    made = Tables(client=client)
    yield made
    for name in made.names:
        client.delete_table(TableName=name)


REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": (
        "on-demand",
        {},
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
        "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
    ),
    "protection and billing": (
        "provisioned",
        {"DeletionProtectionEnabled": True, "BillingMode": "PAY_PER_REQUEST"},
        f"{INVALID}DeletionProtection modification must be the only operation in the request",
    ),
    "protection, class and encryption": (
        "provisioned",
        {"DeletionProtectionEnabled": True, "TableClass": "STANDARD", "SSESpecification": {"Enabled": True}},
        f"{INVALID}Server-Side Encryption modification must be the only operation in the request",
    ),
    "stream and limits": (
        "on-demand",
        {"StreamSpecification": STREAM, "OnDemandThroughput": {"MaxReadRequestUnits": 9}},
        f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    ),
    "stream and capacity": (
        "provisioned",
        {"StreamSpecification": STREAM, "ProvisionedThroughput": units(3, 3)},
        f"{INVALID}You cannot modify stream status while updating table IOPS",
    ),
    "the same capacity": (
        "provisioned",
        {"ProvisionedThroughput": units(2, 1)},
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 2. Requested ReadCapacityUnits: 2. "
        "Current WriteCapacityUnits provisioned for the table: 1. Requested WriteCapacityUnits: 1. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
    ),
    "provisioned without capacity": (
        "on-demand",
        {"BillingMode": "PROVISIONED"},
        f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    ),
    "on demand with capacity": (
        "provisioned",
        {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": units(3, 3)},
        f"{INVALID}ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST",
    ),
    "capacity while on demand": (
        "on-demand",
        {"ProvisionedThroughput": units(3, 3)},
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST",
    ),
    "provisioned without the index's capacity": (
        "on-demand",
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(1, 1)},
        f"{INVALID}ProvisionedThroughput must be specified for index: by-g",
    ),
    "a limit of provisioned capacity": (
        "provisioned",
        {"OnDemandThroughput": LIMIT},
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is "
        "PROVISIONED",
    ),
    "a limit of an index's provisioned capacity": (
        "provisioned",
        {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by-g", "OnDemandThroughput": LIMIT}}]},
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput for index : by-g cannot be specified when the table "
        "BillingMode is PROVISIONED",
    ),
    "a limit of nothing": (
        "on-demand",
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 0}},
        f"{INVALID}Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    "a limit beyond the account's": (
        "on-demand",
        {"OnDemandThroughput": {"MaxReadRequestUnits": 40001}},
        "LimitExceededException: Subscriber limit exceeded: Requested MaxReadRequestUnits for OnDemandThroughput for "
        "table exceeds TableMaxReadCapacityUnits of the account in region us-east-1",
    ),
    "colder": (
        "on-demand",
        {"WarmThroughput": {"ReadUnitsPerSecond": 1}},
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported",
    ),
    "an index and warmth": (
        "on-demand",
        {
            "AttributeDefinitions": DEFINITIONS,
            "WarmThroughput": {"ReadUnitsPerSecond": 13000},
            "GlobalSecondaryIndexUpdates": [{"Create": index("other")}],
        },
        f"{INVALID}Create global secondary index cannot be specified when updating WarmThroughput",
    ),
    "no stream to end": (
        "on-demand",
        {"StreamSpecification": {"StreamEnabled": False}},
        "Table has no stream to disable: TableName: measured-on-demand",
    ),
    "encryption that is there": (
        "on-demand",
        {"SSESpecification": {"Enabled": False}},
        f"{INVALID}Table is already encrypted by default",
    ),
    "an encryption that contradicts itself": (
        "on-demand",
        {"SSESpecification": {"Enabled": False, "SSEType": "KMS"}},
        f"{INVALID}SSEType can not be specified if Enabled is false",
    ),
    "an index twice": (
        "on-demand",
        {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-g"}}, {"Create": index()}]},
        f"{INVALID}Only one global secondary index update per index is allowed simultaneously. Index: by-g",
    ),
    "two indexes at once": (
        "on-demand",
        {
            "AttributeDefinitions": DEFINITIONS,
            "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-g"}}, {"Create": index("other")}],
        },
        "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted "
        "simultaneously per table",
    ),
    "an index that is not there": (
        "on-demand",
        {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "ghost"}}]},
        "ResourceNotFoundException: Requested resource not found: Index ghost for table measured-on-demand",
    ),
    "an index without definitions": (
        "on-demand",
        {"GlobalSecondaryIndexUpdates": [{"Create": index("other")}]},
        f"{INVALID}AttributeDefinitions is not specified for index: other",
    ),
    "nothing of an index": (
        "on-demand",
        {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by-g"}}]},
        f"{INVALID}The only Updates for index: by-g when TableThroughputMode is PAY_PER_REQUEST can be to "
        "OnDemandThroughput, WarmThroughput",
    ),
    "an index and capacity": (
        "provisioned",
        {
            "ProvisionedThroughput": units(3, 3),
            "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-g"}}],
        },
        f"{INVALID}You cannot create or delete index while updating table IOPS",
    ),
}


@pytest.mark.parametrize(("which", "params", "message"), REFUSALS.values(), ids=REFUSALS)
def test_an_update_is_refused_in_the_services_words(
    tables: Tables, which: str, params: dict[str, Any], message: str
) -> None:
    assert tables.refusal(which, **params) == message


def test_capacity_in_answers_is_what_it_was_and_then_what_it_is(tables: Tables) -> None:
    more = tables.update("provisioned", ProvisionedThroughput=units(3, 3))
    less = tables.update("provisioned", ProvisionedThroughput=units(1, 1))
    shown = tables.shown("provisioned")

    assert more["TableStatus"] == "UPDATING"
    assert more["ProvisionedThroughput"].items() > units(2, 1).items()
    assert "LastIncreaseDateTime" in more["ProvisionedThroughput"]
    assert less["ProvisionedThroughput"].items() > {**units(3, 3), "NumberOfDecreasesToday": 0}.items()
    assert shown["ProvisionedThroughput"].items() > {**units(1, 1), "NumberOfDecreasesToday": 1}.items()
    assert shown["WarmThroughput"] == {"ReadUnitsPerSecond": 3, "WriteUnitsPerSecond": 3, "Status": "ACTIVE"}


def test_a_limit_of_requests_stays_until_minus_one_takes_it_away(tables: Tables) -> None:
    first = tables.update("on-demand", OnDemandThroughput={"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 8})
    second = tables.update("on-demand", OnDemandThroughput={"MaxReadRequestUnits": -1})

    assert first["TableStatus"] == "ACTIVE"
    assert second["OnDemandThroughput"] == {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 8}
    assert tables.shown("on-demand")["OnDemandThroughput"] == {"MaxWriteRequestUnits": 8}


def test_a_table_is_made_ready_for_more_at_once(tables: Tables) -> None:
    wanted = {"ReadUnitsPerSecond": 50, "WriteUnitsPerSecond": 60}

    answered = tables.update("provisioned", WarmThroughput=wanted)

    before = {"ReadUnitsPerSecond": 2, "WriteUnitsPerSecond": 1}
    assert answered["WarmThroughput"] == {**before, "Status": "UPDATING"}
    assert tables.shown("provisioned")["WarmThroughput"] == {**wanted, "Status": "ACTIVE"}


def test_a_table_that_was_billed_per_request_keeps_saying_since_when(tables: Tables) -> None:
    on_demand = tables.update(
        "provisioned", BillingMode="PAY_PER_REQUEST", OnDemandThroughput={"MaxReadRequestUnits": 9}
    )
    follow = [{"Update": {"IndexName": "by-g", "ProvisionedThroughput": units(4, 4)}}]
    tables.update(
        "provisioned",
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(1, 1),
        GlobalSecondaryIndexUpdates=follow,
    )
    shown = tables.shown("provisioned")

    assert on_demand["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert shown["BillingModeSummary"].keys() == {"BillingMode", "LastUpdateToPayPerRequestDateTime"}
    assert shown["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert shown["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"].items() > units(4, 4).items()
    assert "OnDemandThroughput" not in shown


def test_attributes_are_shown_by_name(emulator: LiveEmulator) -> None:
    client = emulator.client("dynamodb")
    some = index(Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z", "a"]})
    new = {"KeySchema": KEYS["KeySchema"], "AttributeDefinitions": DEFINITIONS, "BillingMode": "PAY_PER_REQUEST"}

    table = client.create_table(TableName="measured-order", GlobalSecondaryIndexes=[some], **new)["TableDescription"]

    assert [one["AttributeName"] for one in table["AttributeDefinitions"]] == ["g", "pk"]
    assert table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["a", "z"]


def test_another_class_is_shown_with_its_time_once_there_was_another(tables: Tables) -> None:
    tables.update("on-demand", TableClass="STANDARD_INFREQUENT_ACCESS")
    back = tables.update("on-demand", TableClass="STANDARD")

    assert back["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    summary = tables.shown("on-demand")["TableClassSummary"]
    assert summary.keys() == {"TableClass", "LastUpdateDateTime"}
    assert summary["TableClass"] == "STANDARD"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"ProvisionedThroughput": units(1, 1), "OnDemandThroughput": {"MaxReadRequestUnits": 9}},
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
        ),
        (
            {"ProvisionedThroughput": units(9, 9), "WarmThroughput": {"WriteUnitsPerSecond": 5}},
            "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacityUnits of "
            "ProvisionedThroughput",
        ),
        (
            {"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": True}},
            "Table is being created with a stream enabled, UpdateViewType is required",
        ),
        (
            {"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {"Enabled": True, "SSEType": "AES256"}},
            "SSEType AES256 is not supported",
        ),
    ],
    ids=["limit of capacity", "colder than provisioned", "stream without view", "other encryption"],
)
def test_a_table_is_not_made_with_settings_that_contradict_each_other(
    emulator: LiveEmulator, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        emulator.client("dynamodb").create_table(TableName="measured-never", **KEYS, **settings)

    assert caught.value.response["Error"]["Message"] == INVALID + message


def test_what_a_table_cannot_be_is_refused_by_name(emulator: LiveEmulator) -> None:
    client = emulator.client("dynamodb")
    several = index(KeySchema=[{"AttributeName": name, "KeyType": "HASH"} for name in ("pk", "g")])

    with pytest.raises(ClientError, match="does not support keys of several attributes, as index by-g has them"):
        client.create_table(
            TableName="measured-never",
            KeySchema=KEYS["KeySchema"],
            AttributeDefinitions=DEFINITIONS,
            BillingMode="PAY_PER_REQUEST",
            GlobalSecondaryIndexes=[several],
        )
    source = "arn:aws:dynamodb:eu-west-1:000000000000:table/other"
    with pytest.raises(ClientError, match="does not support GlobalTableSourceArn"):
        client.create_table(TableName="measured-never", GlobalTableSourceArn=source)
