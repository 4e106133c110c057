"""Properties against a type's shape, and the shapes against CloudFormation's own."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema.manager import ProviderSchemaManager

from mlfn_localstack.services.cloudformation.intrinsics import Unknown
from mlfn_localstack.services.cloudformation.resources import RESOURCE_TYPES, resource_type
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, JSON, NUMBER, STRING, Shape, fit

SHAPE: Shape = {
    "Name!": STRING,
    "Size": INTEGER,
    "Rate": NUMBER,
    "On": BOOLEAN,
    "Policy": JSON,
    "Items": [{"Key!": STRING}],
    "Texts": {"*": STRING},
}


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        ({"Name": 5}, {"Name": "5"}),
        ({"Name": True}, {"Name": "true"}),
        ({"Name": "a", "Size": "30"}, {"Name": "a", "Size": 30}),
        ({"Name": "a", "Rate": "1.5"}, {"Name": "a", "Rate": 1.5}),
        ({"Name": "a", "Rate": 5000.0}, {"Name": "a", "Rate": 5000}),
        ({"Name": "a", "On": "false"}, {"Name": "a", "On": False}),
        ({"Name": "a", "Texts": {"any": 1}}, {"Name": "a", "Texts": {"any": "1"}}),
        ({"Name": Unknown("A")}, {"Name": Unknown("A")}),
    ],
)
def test_values_are_converted(given: dict[str, Any], fitted: dict[str, Any]) -> None:
    assert fit(given, SHAPE) == (fitted, [])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "#: required key [Name] not found"),
        ({"Name": "a", "Extra": 1}, "#: extraneous key [Extra] is not permitted"),
        ({"Name": "a", "Items": [{"Key": "k", "Extra": 1}]}, "#/Items/0: extraneous key [Extra] is not permitted"),
        ({"Name": "a", "Items": [{}]}, "#/Items/0: required key [Key] not found"),
        ({"Name": "a", "Items": {}}, "#/Items: expected type: JSONArray, found: JSONObject"),
        ({"Name": "a", "Size": "x"}, "#/Size: expected type: Integer, found: String"),
        ({"Name": "a", "On": 1}, "#/On: expected type: Boolean, found: Number"),
        ({"Name": ["a"]}, "#/Name: expected type: String, found: JSONArray"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(given: dict[str, Any], problem: str) -> None:
    assert fit(given, SHAPE)[1] == [problem]


TAGGED_INSIDE = frozenset({"AWS::DynamoDB::GlobalTable"})
"""Types whose parts have tags, and they none."""


@pytest.fixture(scope="module", name="schemas")
def _schemas() -> ProviderSchemaManager:
    return ProviderSchemaManager()


def top_level(paths: list[str] | None) -> set[str]:
    return {path.split("/")[2] for path in paths or []}


@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES))
def test_a_types_properties_are_cloudformations(schemas: ProviderSchemaManager, name: str) -> None:
    kind, schema = resource_type(name), schemas.get_resource_schema("us-east-1", name).schema
    ours = {key.removesuffix("!") for key in kind.properties} - {"*"}

    assert ours <= set(schema["properties"]) - top_level(schema.get("readOnlyProperties"))
    assert set(schema.get("required", [])) <= {key[:-1] for key in kind.properties if key.endswith("!")}
    assert top_level(schema.get("createOnlyProperties")) & ours <= kind.create_only
    assert kind.attributes <= set(schema["properties"])
    assert (kind.tag_style is not None) == ("Tags" in ours or name in TAGGED_INSIDE)
