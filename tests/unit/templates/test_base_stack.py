"""What the apps of a stage share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_templates import base_stack_name, render_base

if TYPE_CHECKING:
    from tests.unit.templates.conftest import Graphs


@pytest.fixture(name="resources")
def _resources(graphs: Graphs) -> dict[str, Any]:
    return graphs.resources(render_base("dev"))


def test_the_base_stack_is_named_after_the_stage() -> None:
    assert render_base("prod").name == base_stack_name("prod") == "mlfn-base-prod"


def test_nothing_shared_goes_with_the_stack(resources: dict[str, Any]) -> None:
    assert all(one["DeletionPolicy"].startswith("Retain") for one in resources.values())
    assert {one["UpdateReplacePolicy"] for one in resources.values()} == {"Retain"}


def test_the_audit_table_is_protected(resources: dict[str, Any]) -> None:
    table = resources["AuditTable"]["Properties"]

    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "x", "Enabled": True}


def test_every_index_holds_keys_only(resources: dict[str, Any]) -> None:
    indexes = resources["AuditTable"]["Properties"]["GlobalSecondaryIndexes"]

    assert [(one["IndexName"], one["KeySchema"][0]["AttributeName"]) for one in indexes] == [
        ("GSI1", "g1"),
        ("GSI2", "g2"),
        ("GSI3", "g3"),
    ]
    assert {one["Projection"]["ProjectionType"] for one in indexes} == {"KEYS_ONLY"}


def test_only_untagged_images_expire(resources: dict[str, Any]) -> None:
    repository = resources["Repository"]["Properties"]
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]

    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged"]


def test_the_data_bucket_refuses_plain_http(resources: dict[str, Any]) -> None:
    (statement,) = resources["DataBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
