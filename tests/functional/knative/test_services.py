"""What the services say, and that the schema of Knative's documents agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.functional.knative.conftest import MOOD

if TYPE_CHECKING:
    from tests.functional.knative.conftest import Shop


def test_a_service_says_what_the_model_declares(shop: Shop) -> None:
    (service,) = shop.services()

    template, container = service["spec"]["template"], service["spec"]["template"]["spec"]["containers"][0]
    assert template["metadata"]["annotations"]["autoscaling.knative.dev/minScale"] == "2"
    assert template["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"] == "5"
    assert (template["spec"]["containerConcurrency"], template["spec"]["timeoutSeconds"]) == (2, 15)
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "1024Mi"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/live"
    assert "@sha256:" in container["image"]
    variables = {each["name"]: each for each in container["env"]}
    assert variables["TONE"]["value"] == "kind"
    assert variables["MLFN_AUDIT_TABLE"]["value"] == "mlfn-audit-dev"
    assert variables["MLFN_DATA_BUCKET"]["value"] == "mlfn-data-dev-123456789012-eu-central-1"
    assert variables["MLFN_IMAGE_DIGEST"]["value"] == container["image"].partition("@")[2]
    assert variables["AWS_SECRET_ACCESS_KEY"]["valueFrom"] == {"secretKeyRef": {"name": "mlfn-aws", "key": "secret"}}
    assert variables["AWS_LAMBDA_FUNCTION_VERSION"]["value"] == template["metadata"]["name"]


def test_a_model_is_reached_from_inside_the_cluster_unless_it_is_public(shop: Shop) -> None:
    (inside,) = shop.services()
    shop.project.write("mood.py", MOOD.replace("timeout_s=5", "timeout_s=5, public=True"))
    (outside,) = shop.services()

    assert inside["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"
    assert "networking.knative.dev/visibility" not in outside["metadata"]["labels"]


@pytest.mark.parametrize("cloud_run", [False, True], ids=["knative", "cloud run"])
def test_check_holds_services_to_the_schema(shop: Shop, cloud_run: bool) -> None:
    settings = shop.project.root / "pyproject.toml"
    settings.write_text(settings.read_text() + f"cloud-run = {str(cloud_run).lower()}\n")

    assert "1 service of Knative pass service.schema.json (jsonschema" in shop.project.ok("check").out


def test_cloud_run_gets_its_own_annotations_and_no_kubectl(shop: Shop) -> None:
    settings = shop.project.root / "pyproject.toml"
    settings.write_text(settings.read_text() + "cloud-run = true\n")

    (service,) = shop.services()

    assert service["metadata"]["annotations"]["run.googleapis.com/ingress"] == "internal"
    assert "startupProbe" in service["spec"]["template"]["spec"]["containers"][0]
    assert "gcloud run services replace" in shop.project.mlfn("deploy").err


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("timeout_s=5", 'timeout_s=5, package="zip"', 'mood is package="zip"'),
        ("timeout_s=5", 'timeout_s=5, access=["arn:aws:iam::123456789012:role/x"]', "mood has access="),
    ],
    ids=["archive", "access"],
)
def test_what_cannot_run_in_a_container_is_refused_before_anything_is_built(
    shop: Shop, was: str, now: str, told: str
) -> None:
    shop.project.write("mood.py", MOOD.replace(was, now))

    assert told in shop.project.mlfn("render").err


def test_pipelines_are_refused_with_the_reason(shop: Shop) -> None:
    shop.project.write("mood.py", MOOD + PIPELINE)

    refused = shop.project.mlfn("render").err

    assert "pipelines (judge) run in AWS Step Functions, which Knative has not" in refused


PIPELINE = """
from mlfn import pipeline

@pipeline
def judge(text: str) -> str:
    return mood(text)
"""


def test_records_go_into_the_table_or_the_project_says_that_they_do_not(shop: Shop) -> None:
    settings = shop.project.root / "pyproject.toml"
    text = settings.read_text()
    settings.write_text(text[: text.index("secrets =")])

    assert "secrets in [tool.mlfn.knative] lack AWS_ACCESS_KEY_ID" in shop.project.mlfn("render").err
    settings.write_text(text[: text.index("secrets =")] + 'audit = "log"\n')
    (service,) = shop.services()
    names = {each["name"] for each in service["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert "MLFN_AUDIT_TABLE" not in names
    shop.project.write("mood.py", MOOD.replace("timeout_s=5", 'timeout_s=5, reads=["s3://prices/*"]'))
    assert "mood reads from AWS (secrets, data or assets)" in shop.project.mlfn("render").err
    shop.project.write("mood.py", MOOD.replace("timeout_s=5", 'timeout_s=5, audit="strict"'))
    assert 'mood wants strict records or payloads kept, which audit = "log" cannot do' in (
        shop.project.mlfn("render").err
    )
