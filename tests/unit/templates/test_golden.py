"""Rendered templates as a reviewer sees them: `MLFN_GOLDEN=1 pytest tests/unit/templates` writes them anew."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.templates.linting import findings

from mlfn_engine.access import Access, TokenIssuer
from mlfn_engine.network import Vpc
from mlfn_engine.secret_use import SecretUse, Store
from mlfn_engine.values import PackageType, PipelineMode, Resources, Scaling, Template
from mlfn_templates import Shadowed, render_app, render_base, render_platform, render_seal, render_shadow

if TYPE_CHECKING:
    from tests.unit.templates.conftest import Graphs

GOLDEN = Path(__file__).parents[2] / "golden" / "templates"
SHADOWED = Shadowed(
    app="reviews",
    stage="dev",
    model="extract_text",
    version="9",
    role="reviews-dev-ExtractTextRole-1A2B3C",
    bucket="mlfn-data-dev-123456789012-us-east-1",
)


def one_model(graphs: Graphs) -> Template:
    graph = graphs.app(graphs.model(description="Says whether a review is friendly."))
    return render_app(graph, graphs.versions(graph))


def judge(graphs: Graphs) -> Template:
    graph = graphs.judge()
    return render_app(graph, graphs.versions(graph))


def scaled(graphs: Graphs) -> Template:
    function = graphs.model(
        resources=Resources(memory_mb=3008, timeout_s=120, ephemeral_storage_mb=2048),
        scaling=Scaling(reserved=20, provisioned=2),
        access=Access(principals=("arn:aws:iam::123456789012:role/app", "arn:aws:iam::123456789012:user/jane")),
    )
    graph = graphs.app(function, graphs.model("open_one", access=Access(public=True)))
    return render_app(graph, graphs.versions(graph))


def granted_pipeline(graphs: Graphs) -> Template:
    access = Access(principals=("arn:aws:iam::123456789012:role/app",))
    pipeline = graphs.pipeline("archive", ["sentiment"], mode=PipelineMode.ASYNC, access=access)
    graph = graphs.app(graphs.model(stage="prod"), pipelines=(pipeline,), stage="prod")
    return render_app(graph, graphs.versions(graph))


def tokens(graphs: Graphs) -> Template:
    """A model for holders of tokens, and a pipeline for other accounts."""
    login = TokenIssuer(issuer="https://login.example.com", audiences=("reviews", "all"), scopes=("models/call",))
    partners = ("arn:aws:iam::123456789012:role/app-*", "arn:aws:iam::210987654321:root")
    pipeline = graphs.pipeline("archive", ["sentiment"], access=Access(principals=partners))
    graph = graphs.app(graphs.model(access=Access(tokens=login)), pipelines=(pipeline,))
    return render_app(graph, graphs.versions(graph))


def asking(graphs: Graphs) -> Template:
    """A pipeline that asks people."""
    asks = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": "${MlfnIngress}", "Payload": {"token": "{% $states.context.Task.Token %}"}},
        "End": True,
    }
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Ask", "States": {"Ask": asks}})
    editors = ("arn:aws:iam::123456789012:role/editor", "arn:aws:iam::123456789012:user/jane")
    pipeline = graphs.pipeline("issue", [], mode=PipelineMode.ASYNC, definition=definition, approvers=editors)
    graph = replace(
        graphs.app(graphs.model(), pipelines=(pipeline,)),
        questions_topic="arn:aws:sns:eu-central-1:123456789012:approvals",
    )
    return render_app(graph, graphs.versions(graph))


def archive(graphs: Graphs) -> Template:
    graph = graphs.app(graphs.model(package=PackageType.ZIP))
    return render_app(graph, graphs.versions(graph), {"sentiment": "python3.12"})


def secret(graphs: Graphs) -> Template:
    """A model that reads two secrets and a parameter, two of them under a key of their own."""
    key = OWN_KEY
    uses = (
        SecretUse(name="API_KEY", id="shop/{stage}/api-key", field="", key="", max_age_s=300),
        SecretUse(name="TOKEN", id="/shop/{stage}/token", field="", key=key, max_age_s=60, store=Store.PARAMETERS),
        SecretUse(name="DATABASE", id="shop/database", field="password", key=key, max_age_s=60),
    )
    graph = graphs.app(graphs.model(secrets=uses))
    return render_app(graph, graphs.versions(graph))


def in_vpc(graphs: Graphs) -> Template:
    """An app in the user's own network."""
    vpc = Vpc(subnets=("subnet-01234567", "subnet-89abcdef"), security_groups=("sg-01234567",))
    graph = replace(graphs.app(graphs.model()), vpc=vpc)
    return render_app(graph, graphs.versions(graph))


def keyed(graphs: Graphs) -> Template:
    """A pipeline that asks people, a batch and a model with secrets, all under the stage's own key."""
    uses = (
        SecretUse(name="API_KEY", id="shop/{stage}/api-key", field="", key="", max_age_s=300),
        SecretUse(name="TOKEN", id="/shop/{stage}/token", field="", key="", max_age_s=300, store=Store.PARAMETERS),
    )
    editors = ("arn:aws:iam::123456789012:role/editor",)
    pipelines = (
        graphs.pipeline("issue", ["sentiment"], mode=PipelineMode.ASYNC, approvers=editors),
        graphs.pipeline("nightly", ["sentiment"], mode=PipelineMode.BATCH),
    )
    graph = replace(graphs.app(graphs.model(secrets=uses), pipelines=pipelines), kms_key="create")
    return render_app(graph, graphs.versions(graph))


OWN_KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
CASES = {
    "base": lambda _: render_base("dev"),
    "base_with_key": lambda _: render_base("dev", "create"),
    "base_under_own_key": lambda _: render_base("dev", OWN_KEY),
    "platform_with_key": lambda _: render_platform("dev", "create"),
    "keyed": keyed,
    "seal": lambda _: render_seal("dev"),
    "shadow": lambda _: render_shadow(SHADOWED),
    "platform": lambda _: render_platform("dev"),
    "one_model": one_model,
    "judge": judge,
    "scaled": scaled,
    "granted_pipeline": granted_pipeline,
    "tokens": tokens,
    "asking": asking,
    "archive": archive,
    "secret": secret,
    "in_vpc": in_vpc,
}


@pytest.mark.parametrize("case", CASES)
def test_the_template_is_the_golden_one(graphs: Graphs, case: str) -> None:
    path, body = GOLDEN / f"{case}.yaml", CASES[case](graphs).body
    if os.environ.get("MLFN_GOLDEN"):
        path.write_text(body)

    assert body == path.read_text()


@pytest.mark.parametrize("case", CASES)
def test_cfn_lint_finds_nothing(graphs: Graphs, case: str) -> None:
    assert findings(CASES[case](graphs).body) == []
