"""The app's HTTP API as an OpenAPI document."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel, Field

from mlfn import App, model, pipeline
from mlfn.approvals import approval
from mlfn_engine.openapi.document import openapi
from mlfn_engine.resolve import resolve_app

URL = "https://abc.execute-api.eu-west-1.amazonaws.com"


@dataclass
class Node:
    text: str
    children: list[Node]


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def other_node() -> type:
    @dataclass
    class Node:
        size: int

    return Node


Smaller = other_node()


@model
def walk(tree: Node) -> int:
    """Count the nodes of a tree."""
    return 1 + sum(walk(each) for each in tree.children)


@model(public=True)
def name(pet: Annotated[Cat | Dog, Field(discriminator="kind")], loud: bool = False) -> str:
    return pet.kind


@model(name="resize")
def shrink(node: list[Smaller]) -> list[Smaller]:  # type: ignore[valid-type]  # a class made at run time on purpose
    return node


@pipeline
def count(tree: Node) -> int:
    return walk(tree)


@pipeline(mode="async")
def count_later(tree: Node) -> int:
    return walk(tree)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = App("trees", root=Path(__file__).parent)
    for each in (walk, name, shrink, count, count_later):
        app.add(each)
    return openapi(resolve_app(app), server=URL)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)

    assert (document["openapi"], document["info"]["title"]) == ("3.1.0", "trees")
    assert document["servers"] == [{"url": URL}]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"(#/[^"]+)"', json.dumps(document)))

    for reference in references:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    assert "#/components/schemas/Node" in references
    assert "#/components/schemas/Cat" in references


def test_types_of_one_name_are_kept_apart(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    nodes = [value["properties"].keys() for key, value in schemas.items() if key.endswith("Node")]

    assert {frozenset(each) for each in nodes} == {frozenset({"text", "children"}), frozenset({"size"})}


def test_there_is_a_path_for_each_model_and_pipeline(document: dict[str, Any]) -> None:
    assert sorted(document["paths"]) == [
        "/models/name",
        "/models/resize",
        "/models/walk",
        "/pipelines/count",
        "/pipelines/count_later",
        "/pipelines/count_later/{execution}",
    ]


def test_a_call_is_described_with_its_errors(document: dict[str, Any]) -> None:
    operation = document["paths"]["/models/walk"]["post"]

    assert operation["description"] == "Count the nodes of a tree."
    assert sorted(operation["responses"]) == ["200", "303", "400", "403", "413", "415", "500", "503", "504"]
    assert "application/problem+json" in document["components"]["responses"]["BadRequest"]["content"]


def test_a_pipeline_that_answers_has_its_steps_errors(document: dict[str, Any]) -> None:
    answering, running = (document["paths"][f"/pipelines/{name}"]["post"] for name in ("count", "count_later"))

    assert {"422", "429"} <= answering["responses"].keys()
    assert not {"422", "429"} & running["responses"].keys()


def test_a_run_can_be_asked_for_twice_under_one_key(document: dict[str, Any]) -> None:
    operation = document["paths"]["/pipelines/count_later"]["post"]

    assert [each["name"] for each in operation["parameters"]] == ["Idempotency-Key"]
    assert "409" in operation["responses"]
    assert "parameters" not in document["paths"]["/pipelines/count"]["post"]


def test_an_input_that_no_call_has_room_for_is_announced_then_referred_to(document: dict[str, Any]) -> None:
    operation = document["paths"]["/models/walk"]["post"]
    upload, reference = "application/vnd.mlfn.upload", "application/vnd.mlfn.reference"

    assert operation["requestBody"]["content"][upload]["schema"]["required"] == ["size", "digest"]
    answer = operation["responses"]["200"]["content"][upload]["schema"]
    assert answer["properties"]["input"] == operation["requestBody"]["content"][reference]["schema"]
    assert upload in document["paths"]["/pipelines/count_later"]["post"]["responses"]["200"]["content"]


def test_whoever_has_no_name_announces_nothing(document: dict[str, Any]) -> None:
    public = [path["post"] for path in document["paths"].values() if "post" in path and path["post"]["security"] == []]

    assert public
    assert all(list(each["requestBody"]["content"]) == ["application/json"] for each in public)


def test_an_asynchronous_pipeline_answers_202_and_has_a_status(document: dict[str, Any]) -> None:
    paths = document["paths"]

    assert "202" in paths["/pipelines/count_later"]["post"]["responses"]
    assert "404" in paths["/pipelines/count_later/{execution}"]["get"]["responses"]
    assert "202" not in paths["/pipelines/count"]["post"]["responses"]


def test_calls_are_signed_unless_the_model_is_public(document: dict[str, Any]) -> None:
    assert document["paths"]["/models/walk"]["post"]["security"] == [{"sigv4": []}]
    assert document["paths"]["/models/name"]["post"]["security"] == []


@pipeline(mode="async", timeout_s=60)
def decide(tree: Node) -> str:
    return approval(tree.text, by=["arn:aws:iam::123456789012:role/editor"]).by


def test_what_pipelines_ask_can_be_seen_and_answered() -> None:
    app = App("trees", root=Path(__file__).parent)
    app.add(decide)

    document = openapi(resolve_app(app), server=URL)

    validate(document)
    assert set(document["paths"]["/approvals/{approval}"]) == {"get", "post"}
    assert {"409", "410"} <= document["paths"]["/approvals/{approval}"]["post"]["responses"].keys()
    assert {"Conflict", "Gone"} <= document["components"]["responses"].keys()
