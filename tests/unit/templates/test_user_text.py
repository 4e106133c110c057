"""No user text changes what a template is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlfn.errors import RenderError
from mlfn_engine.access import Access
from mlfn_templates import render_app, render_base
from mlfn_templates.cloudformation.encoding import block, encode

if TYPE_CHECKING:
    from tests.unit.templates.conftest import Graphs

HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "x\n  EvilRole:\n    Type: AWS::IAM::Role",
            '"}], "Evil": {"Type": "AWS::IAM::User"}',
            "*/ # ' \" \\ \x00 \x7f \x85 \u2028 \ufeff \U0001f600",
            "!Ref AWS::AccountId",
            "{{ 7 * 7 }}",
            "- : ? [ ] { } , & * ! | > % @ `",
        ]
    ),
)


def shape(value: Any) -> Any:
    """A document without its strings."""
    if isinstance(value, dict):
        return sorted(json.dumps([key in {"Type", "Ref"} and key, shape(item)]) for key, item in value.items())
    if isinstance(value, list):
        return [shape(item) for item in value]
    return "" if isinstance(value, str) else str(value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=HOSTILE, description=HOSTILE, principal=HOSTILE)
def test_hostile_text_is_refused_or_stays_text(graphs: Graphs, name: str, description: str, principal: str) -> None:
    def render(model: str, text: str, who: str) -> dict[str, Any]:
        function = graphs.model(model, description=text, access=Access(principals=(who,)), logical_id="M")
        return graphs.render(graphs.app(function))

    try:
        resources = render(name, description, principal)
    except RenderError as error:
        assert any(mark in str(error) for mark in ("'${'", "'{{resolve:'", "'{%'"))
        return

    assert shape(resources) == shape(render("m", "d", "p"))
    assert resources["MFunction"]["Properties"]["FunctionName"] == f"reviews-dev-{name}"


@pytest.mark.parametrize("mark", ["${AWS::AccountId}", "{{resolve:ssm:/key}}", "{% $now() %}"])
@pytest.mark.parametrize("place", ["description", "principal", "name"])
def test_evaluated_text_is_refused_by_name(graphs: Graphs, mark: str, place: str) -> None:
    cases: dict[str, dict[str, Any]] = {
        "description": {"description": mark},
        "principal": {"access": Access(principals=(mark,))},
        "name": {"name": mark, "logical_id": "X"},
    }
    graph = graphs.app(graphs.model(**cases[place]))

    with pytest.raises(RenderError, match=place):
        render_app(graph, graphs.versions(graph))


@pytest.mark.parametrize("text", ["${AWS::AccountId}", "{{resolve:secretsmanager:db}}", "${unknown}"])
def test_a_definition_may_only_substitute_its_models(graphs: Graphs, text: str) -> None:
    pipeline = graphs.pipeline("judge", ["sentiment"], definition=json.dumps({"Comment": text, "States": {}}))
    graph = graphs.app(graphs.model(), pipelines=(pipeline,))

    with pytest.raises(RenderError, match="definition of pipeline 'judge'"):
        render_app(graph, graphs.versions(graph))


@pytest.mark.parametrize("logical_id", ["Evil:\n  X", "With-Dash", ""])
def test_a_logical_id_must_be_alphanumeric(graphs: Graphs, logical_id: str) -> None:
    graph = graphs.app(graphs.model(logical_id=logical_id))

    with pytest.raises(RenderError, match="not alphanumeric"):
        render_app(graph, graphs.versions(graph))


def test_the_same_logical_id_twice_is_refused(graphs: Graphs) -> None:
    graph = graphs.app(graphs.model("a", logical_id="X"), graphs.model("b", logical_id="X"))

    with pytest.raises(RenderError, match="used twice"):
        render_app(graph, graphs.versions(graph))


@pytest.mark.parametrize("stage", ["", "Dev", "dev\n", "a-b", "x" * 13, "${x}"])
def test_a_hostile_stage_has_no_base_stack(stage: str) -> None:
    with pytest.raises(RenderError, match="no valid name"):
        render_base(stage)


@given(st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(), st.lists))
def test_an_encoded_value_is_the_same_value_in_json_and_yaml(value: Any) -> None:
    text = encode(value)

    assert json.loads(text) == value
    assert yaml.safe_load(text) == value


@given(st.dictionaries(st.text(), st.text()))
def test_a_block_holds_exactly_its_json(value: dict[str, str]) -> None:
    document = f"outer:\n  text: |-\n    {block(json.dumps(value), 4)}\n  after: 1\n"

    loaded = yaml.safe_load(document)

    assert json.loads(loaded["outer"]["text"]) == value
    assert loaded["outer"]["after"] == 1
