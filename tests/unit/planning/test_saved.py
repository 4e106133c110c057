"""A plan that is kept holds as long as neither source nor world have changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfn.errors import DeployError, UsageError
from mlfn_engine.planning.saved import SavedPlan, Source, World

SOURCE = Source(template="t1", images=(("mood", "d1"), ("price", "d2")), release="r1")
WORLD = World(updated_at="2026-11-27T02:00:00+00:00", traffic=(("mood", "3"), ("price", "1")), held=())
KEPT = SavedPlan(app="shop", stage="dev", target="local", source=SOURCE, world=WORLD)


def test_a_kept_plan_is_read_as_it_was_written() -> None:
    assert SavedPlan.from_json(KEPT.to_json({"actions": []}), "plan.json") == KEPT


def test_it_holds_while_nothing_has_changed() -> None:
    KEPT.check(SOURCE, WORLD)


@pytest.mark.parametrize(
    ("source", "world", "why"),
    [
        (replace(SOURCE, images=(("mood", "d9"), ("price", "d2"))), WORLD, "the code of mood differs"),
        (replace(SOURCE, images=(("mood", "d1"),)), WORLD, "the code of price differs"),
        (replace(SOURCE, template="t2", release="r2"), WORLD, "the template differs"),
        (replace(SOURCE, release="r2"), WORLD, "what the stage's apps share differs"),
        (
            SOURCE,
            replace(WORLD, updated_at="later"),
            "the stack's last update was later, and 2026-11-27T02:00:00+00:00",
        ),
        (SOURCE, World(), "the stack's last update was never"),
        (SOURCE, replace(WORLD, traffic=(("mood", "2"), ("price", "1"))), "traffic of mood was moved"),
        (SOURCE, replace(WORLD, held=(("mood", "3"),)), "traffic of a model was moved"),
    ],
    ids=["code", "model gone", "template", "shared", "update", "destroyed", "rollback", "held"],
)
def test_it_is_refused_with_what_differs(source: Source, world: World, why: str) -> None:
    with pytest.raises(DeployError) as caught:
        KEPT.check(source, world)

    assert caught.value.message.startswith("This plan of shop no longer holds: ")
    assert why in caught.value.message
    assert "mlfn plan" in caught.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"mlfn_plan": 2}', '{"mlfn_plan": 1, "app": "shop"}'])
def test_a_file_that_holds_no_plan_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"plan\.json holds no plan"):
        SavedPlan.from_json(text, "plan.json")
