"""make_plan compares what is declared with what is deployed."""

from __future__ import annotations

from tests.fixtures.graphs import LOCAL, deployment_of, graph_of, image_of

from mlfn_engine.make_plan import make_plan, release_digest
from mlfn_engine.planning.actions import ApplyStack, BuildImage, MoveTraffic, PublishVersion, PushImage, RemoveFunction
from mlfn_engine.values import Template


def test_a_first_deploy_builds_pushes_creates_publishes_and_moves() -> None:
    plan = make_plan(graph_of("rate"), (image_of("rate", "aaa"),), "r1", None, LOCAL)

    assert plan.actions == (
        BuildImage(function="rate", version="aaa"),
        PushImage(function="rate", version="aaa"),
        ApplyStack(stack="reviews-dev", create=True),
        PublishVersion(function="rate", version="aaa", replaces=None),
        MoveTraffic(function="rate", version="aaa"),
    )


def test_the_same_release_is_nothing_to_do() -> None:
    deployed = deployment_of({"rate": "aaa"}, release="r1")

    plan = make_plan(graph_of("rate"), (image_of("rate", "aaa"),), "r1", deployed, LOCAL)

    assert plan.actions == ()


def test_only_the_changed_function_is_built_and_published() -> None:
    deployed = deployment_of({"rate": "aaa", "read": "bbb"}, release="r1")

    plan = make_plan(
        graph_of("rate", "read"), (image_of("rate", "aaa"), image_of("read", "ccc")), "r2", deployed, LOCAL
    )

    assert [action for action in plan.actions if isinstance(action, BuildImage)] == [
        BuildImage(function="read", version="ccc")
    ]
    assert PublishVersion(function="read", version="ccc", replaces="bbb") in plan.actions


def test_a_change_of_configuration_alone_updates_the_stack() -> None:
    deployed = deployment_of({"rate": "aaa"}, release="r1")

    plan = make_plan(graph_of("rate"), (image_of("rate", "aaa"),), "r2", deployed, LOCAL)

    assert plan.actions == (ApplyStack(stack="reviews-dev", create=False),)


def test_a_function_that_is_no_longer_declared_is_removed() -> None:
    deployed = deployment_of({"rate": "aaa", "old": "bbb"}, release="r1")

    plan = make_plan(graph_of("rate"), (image_of("rate", "aaa"),), "r2", deployed, LOCAL)

    assert plan.actions[-1] == RemoveFunction(function="old")


def test_traffic_that_an_interrupted_deploy_left_behind_is_moved() -> None:
    deployed = deployment_of({"rate": "aaa", "read": "bbb"}, release="r1", lagging=("read",))

    plan = make_plan(
        graph_of("rate", "read"), (image_of("rate", "aaa"), image_of("read", "bbb")), "r1", deployed, LOCAL
    )

    assert plan.actions == (MoveTraffic(function="read", version="bbb"),)


def test_a_release_digest_depends_on_templates_and_versions_but_not_on_their_order() -> None:
    template = Template(format="cloudformation", name="reviews-dev", body="{}", parameters=())

    digest = release_digest([template], {"rate": "aaa", "read": "bbb"})

    assert digest == release_digest([template], {"read": "bbb", "rate": "aaa"})
    assert digest != release_digest([template], {"rate": "aaa", "read": "ccc"})
    assert digest != release_digest([], {"rate": "aaa", "read": "bbb"})


def test_what_a_rollback_holds_below_the_newest_version_stays_there() -> None:
    deployed = deployment_of({"rate": "aaa"}, release="r1", lagging=("rate",), held=("rate",))

    plan = make_plan(graph_of("rate"), (image_of("rate", "aaa"),), "r1", deployed, LOCAL)

    assert plan.actions == ()
