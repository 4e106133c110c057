"""From a declaration to services in a cluster: what is asked of kubectl, what is told, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.functional.knative.conftest import MOOD

if TYPE_CHECKING:
    from tests.functional.knative.conftest import Shop


def test_a_deploy_pushes_the_image_applies_the_service_and_waits_until_it_is_ready(shop: Shop) -> None:
    told = shop.project.ok("deploy")

    assert "Deployed shop to knative (dev)" in told.out
    assert "http://shop-dev-mood.models.example.org/models/mood" in told.out
    assert "shop-dev-mood: ready" in told.err
    (call,) = shop.calls("apply")
    assert call["arguments"][:5] == ["--context", "kind-dev", "--namespace", "models-dev", "apply"]
    assert {"--server-side", "--field-manager=mlfn"} <= set(call["arguments"])
    (service,) = shop.services()
    image = service["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image in call["stdin"]
    assert any("PUT /v2/shop/manifests/shop-mood-" in request for request in shop.registry.requests)


def test_a_deploy_of_what_is_there_already_asks_nothing_of_the_cluster(shop: Shop) -> None:
    shop.project.ok("deploy")

    again = shop.project.ok("deploy")

    assert "Nothing to do: shop is up to date" in again.out
    assert len(shop.calls("apply")) == 1


def test_a_plan_tells_what_is_made_changed_and_removed(shop: Shop) -> None:
    first = shop.project.ok("plan").out
    shop.project.ok("deploy")
    second = shop.project.ok("plan").out
    shop.project.write("mood.py", MOOD.replace("def mood", "def tone"))
    third = shop.project.ok("plan").out

    assert "create service shop-dev-mood" in first
    assert "nothing to do" in second
    assert "create service shop-dev-tone" in third
    assert "remove service shop-dev-mood" in third


def test_a_setting_that_changes_makes_a_new_revision_of_the_same_version(shop: Shop) -> None:
    shop.project.ok("deploy")
    settings = shop.project.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace('"kind"', '"stern"'))

    (change,) = shop.project.ok("plan", "--json").json["changes"]

    assert (change["step"], change["replaces"]) == ("update", None)


def test_a_deploy_that_would_break_callers_is_refused(shop: Shop) -> None:
    shop.project.ok("deploy")
    shop.project.write("mood.py", MOOD.replace("text: str", "text: int").replace('"!" in text', "text"))

    refused = shop.project.mlfn("deploy")

    assert refused.code == 1
    assert "This deploy would break callers: mood: input" in refused.err
    shop.project.ok("deploy", "--allow-breaking")
    assert len(shop.calls("apply")) == 2


def test_a_service_that_cannot_start_fails_the_deploy_with_the_clusters_reason(shop: Shop) -> None:
    (shop.home / "broken").touch()

    failed = shop.project.mlfn("deploy")

    assert failed.code == 1
    assert "shop-dev-mood cannot start: RevisionFailed" in failed.err
    assert "kubectl logs --selector serving.knative.dev/service=shop-dev-mood" in failed.err
    (shop.home / "broken").unlink()


def test_destroy_removes_the_services_and_names_what_stays(shop: Shop) -> None:
    shop.project.ok("deploy")

    told = shop.project.ok("destroy", "--yes").out

    assert "removed service shop-dev-mood" in told
    assert "kept images of shop in" in told
    assert "kept audit trail of stage dev" in told
    assert "create service" in shop.project.ok("plan").out


def test_without_kubectl_the_next_step_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))

    refused = shop.project.mlfn("plan")

    assert refused.code == 1
    assert "kubectl is not on the PATH" in refused.err
    assert "mlfn render --target knative -o services.yaml" in refused.err


def test_a_cluster_without_knative_is_told_from_one_that_does_not_answer(shop: Shop) -> None:
    (shop.home / "without-knative").touch()

    assert "The cluster has no Knative Serving." in shop.project.mlfn("plan").err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["invoke", "mood", '"x"'], "This command does not know the target knative."),
        (["deploy", "--fast"], "knative has neither --canary, --shadow nor --fast."),
        (["plan", "--output", "plan.json"], "A plan for knative cannot be kept."),
        (["render", "--base"], "knative has no stacks."),
        (["destroy", "--base"], "The audit trail is in AWS."),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_what_only_aws_has_is_refused_in_a_sentence(shop: Shop, arguments: list[str], told: str) -> None:
    refused = shop.project.mlfn(*arguments)

    assert refused.code == 2
    assert told in refused.err
