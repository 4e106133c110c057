"""From an app to its specs, schemas and graph."""

from __future__ import annotations

import datetime
import enum
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from typing_extensions import TypedDict

from mlfn import App, DeclarationError, PipelineError, model, pipeline, sample
from mlfn.errors import UsageError
from mlfn_engine.access import Access
from mlfn_engine.audit_policy import AuditMode, Capture
from mlfn_engine.resolve import resolve_app, resolve_graph
from mlfn_engine.values import Architecture, IngressSource, PipelineMode, Resources, Scaling

HERE = Path(__file__).parent


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


@dataclass
class Review:
    text: str
    stars: int | None = None


class Sizes(TypedDict):
    small: int


@cache
def weights() -> bytes:
    return b"w"


@model
def rate(review: Review) -> float:
    """Rate a review.

    With more to say.
    """
    return len(weights()) + float(len(review.text))


def summed_up(result: list[str]) -> str:
    return result[0]


@model(
    name="renamed",
    memory_mb=1024,
    timeout_s=7,
    ephemeral_storage_mb=1024,
    architecture="arm64",
    requirements=["numpy>=1.26", "numpy>=1.26"],
    assets=["test_resolving.py", f"s3://acme-{{stage}}/llm/w.bin?versionId=v.1#sha256={'ab' * 32}&to=/tmp/llm/w.bin"],
    reads=["s3://acme-{stage}-{account}/prices/*"],
    load=weights,
    access=["arn:aws:iam::123456789012:role/reader"],
    audit="strict",
    capture=sample(0.25),
    audit_shards=8,
    baseline="bins.json",
    summary=summed_up,
    reserved=4,
    provisioned=2,
    description="Says more.",
)
def detailed(text: str, *, times: int = 2, when: datetime.date | None = None) -> list[str]:
    return [text] * times


@pipeline
def judge(review: Review) -> float:
    return rate(review)


@pipeline(mode="async")
def later(review: Review) -> float:
    return rate(review)


def app_of(*functions: Any, name: str = "reviews") -> App:
    app = App(name, root=HERE)
    for each in functions:
        app.add(each)
    return app


def input_of(function: Any) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(resolve_app(app_of(function)).models[0].input_schema)
    Draft202012Validator.check_schema(schema)
    return schema


def test_a_bare_model_has_the_defaults() -> None:
    spec = resolve_app(app_of(rate)).models[0]

    assert (spec.name, spec.parameters, spec.description) == ("rate", ("review",), "Rate a review.")
    assert spec.entrypoint.endswith("test_resolving:rate")
    assert spec.resources == Resources()
    assert (spec.scaling, spec.access, spec.audit.mode) == (Scaling(), Access(), AuditMode.STANDARD)
    assert (spec.requirements, spec.assets, spec.load) == ((), (), None)
    assert str(spec.declared_at).startswith("test_resolving.py:")


def test_every_option_reaches_the_spec() -> None:
    spec = resolve_app(app_of(detailed)).models[0]

    assert spec.name == "renamed"
    assert spec.resources == Resources(
        memory_mb=1024, timeout_s=7, ephemeral_storage_mb=1024, architecture=Architecture.ARM64
    )
    assert spec.requirements == ("numpy>=1.26",)
    assert spec.assets == ("test_resolving.py",)
    (remote,) = spec.remote_assets
    assert (remote.bucket, remote.key, remote.version) == ("acme-{stage}", "llm/w.bin", "v.1")
    assert (remote.name, remote.sha256, remote.place) == ("w.bin", "ab" * 32, "/tmp/llm/w.bin")  # noqa: S108
    assert spec.reads == ("s3://acme-{stage}-{account}/prices/*",)
    assert spec.load is not None
    assert spec.load.endswith("test_resolving:weights")
    assert spec.access.principals == ("arn:aws:iam::123456789012:role/reader",)
    assert (spec.audit.mode, spec.scaling) == (AuditMode.STRICT, Scaling(reserved=4, provisioned=2))
    assert (spec.audit.capture, spec.audit.share) == (Capture.SAMPLE, 0.25)
    assert spec.audit.shards == 8
    assert spec.audit.baseline == "bins.json"
    assert spec.audit.summary == spec.entrypoint.replace(":detailed", ":summed_up")
    assert (spec.description, spec.parameters) == ("Says more.", ("text", "times", "when"))


def test_the_body_of_one_parameter_is_its_value() -> None:
    schema = input_of(rate)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["text"]
    assert Draft202012Validator(schema).is_valid({"text": "good"})
    assert not Draft202012Validator(schema).is_valid("good")


def test_the_body_of_more_parameters_is_an_object() -> None:
    schema = input_of(detailed)

    assert (schema["required"], schema["additionalProperties"]) == (["text"], False)
    assert schema["properties"]["times"]["default"] == 2
    assert schema["properties"]["when"]["default"] is None
    assert Draft202012Validator(schema).is_valid({"text": "good"})
    assert not Draft202012Validator(schema).is_valid({"text": "good", "other": 1})


def carried(hint: Any) -> Any:
    @model(name="carries")
    def carry(value: Any) -> Any:
        return value

    carry.__annotations__ = {"value": hint, "return": hint}
    carry.__qualname__ = "carry"
    return carry


@pytest.mark.parametrize(
    ("hint", "valid", "invalid"),
    [
        (int, 1, "1"),
        (list[float], [1.5], [None]),
        (dict[str, int], {"a": 1}, {"a": "b"}),
        (str | None, None, 1),
        (Literal["a", "b"], "a", "c"),
        (Mood, "good", "fine"),
        (Sizes, {"small": 1}, {}),
        (tuple[int, str], [1, "a"], [1]),
        (datetime.datetime, "2026-11-23T06:18:00Z", 3),
        (Review, {"text": "a"}, {"stars": 1}),
    ],
    ids=str,
)
def test_a_type_has_a_schema(hint: Any, valid: Any, invalid: Any) -> None:
    schema = input_of(carried(hint))

    assert Draft202012Validator(schema).is_valid(valid)
    assert not Draft202012Validator(schema).is_valid(invalid)


def test_bytes_are_base64_text() -> None:
    assert input_of(carried(bytes))["contentEncoding"] == "base64"


def test_specs_are_sorted_by_name_whatever_the_order_of_declaration() -> None:
    one = resolve_app(app_of(rate, detailed, judge, later))
    other = resolve_app(app_of(later, judge, detailed, rate))

    assert [each.name for each in one.models] == ["rate", "renamed"]
    assert one == other


def test_a_pipeline_has_its_mode_and_time() -> None:
    app = resolve_app(app_of(rate, judge, later))

    assert [(each.name, each.mode, each.timeout_s) for each in app.pipelines] == [
        ("judge", PipelineMode.SYNC, 29),
        ("later", PipelineMode.ASYNC, 3600),
    ]
    assert [step.model for step in app.pipelines[0].steps] == ["rate"]


def test_resolving_freezes_the_app() -> None:
    app = app_of(rate)
    resolve_app(app)

    with pytest.raises(DeclarationError, match="takes no more declarations"):
        app.add(detailed)


def test_an_app_without_a_root_is_told_to_be_discovered() -> None:
    with pytest.raises(DeclarationError, match="does not know its project"):
        resolve_app(App("reviews"))


def test_mistakes_in_pipelines_alone_are_a_pipeline_error() -> None:
    with pytest.raises(PipelineError, match="rate is a model, but not declared in this app"):
        resolve_app(app_of(judge))


def test_a_graph_names_functions_and_state_machines() -> None:
    graph = resolve_graph(resolve_app(app_of(rate, detailed, judge, later)), "prod")

    assert [(each.name, each.key, each.logical_id) for each in graph.functions] == [
        ("reviews-prod-rate", "rate", "Rate"),
        ("reviews-prod-renamed", "renamed", "Renamed"),
        ("reviews-prod-mlfn-ingress", "mlfn-ingress", "MlfnIngress"),
    ]
    assert [(each.name, each.logical_id) for each in graph.state_machines] == [
        ("reviews-prod-judge", "JudgeSync"),
        ("reviews-prod-later", "LaterAsync"),
    ]
    assert graph.audit_table == "mlfn-audit-prod"
    assert isinstance(graph.functions[-1].source, IngressSource)
    assert graph.functions[-1].resources == Resources(memory_mb=512, timeout_s=30)


def test_an_app_without_pipelines_has_no_ingress() -> None:
    graph = resolve_graph(resolve_app(app_of(rate)), "dev")

    assert [each.key for each in graph.functions] == ["rate"]


def test_names_that_collide_in_pascal_case_get_a_digest() -> None:
    one, two = carried(int), carried(int)
    one.__mlfn__.options["name"], two.__mlfn__.options["name"] = "a_b", "aB"

    ids = [each.logical_id for each in resolve_graph(resolve_app(app_of(one, two)), "dev").functions]

    assert all(each.startswith("AB") and len(each) == 8 for each in ids)
    assert len(set(ids)) == 2


def test_the_digest_changes_with_what_is_declared_only() -> None:
    first = resolve_graph(resolve_app(app_of(rate)), "dev").digest

    assert resolve_graph(resolve_app(app_of(rate)), "dev").digest == first
    assert resolve_graph(resolve_app(app_of(rate)), "prod").digest != first
    assert resolve_graph(resolve_app(app_of(rate, detailed)), "dev").digest != first


@pytest.mark.parametrize("stage", ["Prod", "1a", "a-b", "", "a" * 13])
def test_a_stage_has_a_valid_name(stage: str) -> None:
    with pytest.raises(UsageError, match="A stage cannot be called"):
        resolve_graph(resolve_app(app_of(rate)), stage)


def test_every_name_too_long_for_aws_is_reported() -> None:
    long = carried(int)
    long.__mlfn__.options["name"] = "a" * 50

    with pytest.raises(DeclarationError, match=r"reviews-development-a+ has 70 characters; AWS allows 64") as caught:
        resolve_graph(resolve_app(app_of(long)), "development")

    assert f'name="{"a" * 44}"' in caught.value.message


def test_a_load_without_a_signature_is_taken() -> None:
    loaded = carried(int)
    loaded.__mlfn__.options["load"] = dict

    assert resolve_app(app_of(loaded)).models[0].load == "builtins:dict"


def test_a_docstring_that_cloudformation_would_evaluate_is_left_out() -> None:
    documented = carried(int)
    documented.__doc__ = "Reads ${secret}."

    assert resolve_app(app_of(documented)).models[0].description == ""
