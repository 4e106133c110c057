"""The sealer: what it seals when, and that it may die at any moment (R4)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mlfn.errors import AuditError
from mlfn_audit import facts


def test_what_is_new_is_sealed_once(lab: Any) -> None:
    for number in range(7):
        lab.write(f"w{number % 3}")

    assert lab.sealer().run().sealed == 7
    assert lab.sealer().run().sealed == 0

    lab.write("w1")
    outcome = lab.sealer().run()

    assert (outcome.sealed, outcome.checkpoint.checkpoint.size, outcome.checkpoint.checkpoint.number) == (1, 8, 2)
    assert lab.verify().is_clean


def test_nothing_is_sealed_of_an_empty_trail(lab: Any) -> None:
    assert lab.sealer().run().checkpoint is None
    assert lab.verify().is_clean


def test_a_record_that_came_late_is_sealed_later(lab: Any) -> None:
    lab.write()
    late = lab.write(put=False)
    lab.write()
    outcome = lab.sealer().run()
    assert (outcome.sealed, outcome.waiting_since) == (1, late["t0"])

    lab.wait(hours=3)
    lab.put(late)

    assert lab.sealer().run().sealed == 2
    report = lab.verify()
    assert (report.is_clean, report.sealed, report.unsealed) == (True, 3, 0)


def test_a_gap_that_nobody_fills_is_given_up_and_told(lab: Any) -> None:
    lab.write()
    lab.write(put=False)
    lab.write()
    lab.sealer().run()
    lab.wait(hours=50)

    assert lab.sealer().run().sealed == 1
    report = lab.verify()
    assert (report.counts, report.sealed, report.unsealed) == ({"gap": 1}, 2, 0)


def test_what_fills_a_gap_after_all_is_found_the_next_day(lab: Any) -> None:
    lab.write()
    lost = lab.write(put=False)
    lab.write()
    lab.sealer().run()
    lab.wait(hours=50)
    lab.sealer().run()
    lab.put(lost)
    assert lab.verify().counts == {"extra": 1}

    lab.wait(hours=24)

    assert lab.sealer().run().sealed == 1
    report = lab.verify()
    assert (report.is_clean, report.sealed, report.late) == (True, 3, 1)


def test_a_record_outside_the_chains_is_sealed_once(lab: Any) -> None:
    lab.write()
    lab.write(chained=False, ph="abandoned")

    assert lab.sealer().run().sealed == 2
    lab.write()
    assert lab.sealer().run().sealed == 1
    assert lab.verify().is_clean


def test_a_first_run_over_much_makes_several_checkpoints(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts.read_facts, "__kwdefaults__", {"largest": 4})
    for _ in range(12):
        lab.write()
        lab.wait(minutes=20)

    outcome = lab.sealer().run()

    assert outcome.sealed == 12
    assert outcome.checkpoint.checkpoint.number > 1
    assert lab.verify().is_clean


def test_items_that_are_no_records_are_counted_and_found(lab: Any) -> None:
    wire = lab.write()
    lab.write()
    key = next(key for key in lab.world.items if wire["id"] in key[1])
    lab.world.items[key] = {name: value for name, value in lab.world.items[key].items() if name != "h"}

    assert lab.sealer().run().unreadable == 1
    assert lab.verify().counts["altered"] == 1


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"q": {"N": "-1"}}, id="negative number"),
        pytest.param({"q": {"N": "99999999999999999999"}}, id="number beyond 2^53"),
        pytest.param({"t1": {"S": "never"}}, id="no time"),
        pytest.param({"w": {"S": "w 1 2\nw"}}, id="writer with a line break"),
        pytest.param({"x": {"N": "-5"}}, id="expired before 1970"),
    ],
)
def test_forged_items_do_not_stop_the_sealer(lab: Any, forged: dict[str, Any]) -> None:
    wire = lab.write("w2")
    key = next(key for key in lab.world.items if wire["id"] in key[1])
    lab.world.items[key] |= forged
    lab.write()

    outcome = lab.sealer().run()

    assert (outcome.sealed, outcome.unreadable) == (1, 1)
    assert lab.sealer().run().checkpoint.checkpoint.number == 1
    assert lab.verify().counts["altered"] == 1


def test_a_forged_directory_entry_leads_nowhere(lab: Any) -> None:
    lab.write()
    key = {"pk": {"S": "B#shop.mood"}, "sk": {"S": "20261123T06"}}
    lab.world.items["B#shop.mood", "20261123T06"] = key

    assert lab.sealer().run().sealed == 1
    assert lab.verify().is_clean


def test_a_note_on_an_old_call_is_sealed_when_everything_is_looked_through(lab: Any) -> None:
    old = lab.write()
    lab.sealer().run()
    lab.wait(days=10)
    lab.write("w2")
    lab.sealer().run()
    lab.write(chained=False, ph="note", t0=old["t0"])
    lab.sealer().run()
    assert (lab.verify().is_clean, lab.verify().unsealed) == (True, 1)

    assert lab.sealer().run(everything=True).sealed == 1
    assert lab.verify().unsealed == 0


def test_a_completed_record_outside_the_chains_is_told(lab: Any) -> None:
    lab.write()
    lab.write("w2", chained=False)
    lab.sealer().run()

    assert lab.verify().counts == {"extra": 1}


def test_another_signers_checkpoint_is_not_continued(lab: Any) -> None:
    lab.write()
    lab.sealer().run()
    (key,) = lab.world.objects
    lab.world.objects[key] = lab.world.objects[key].replace(b'"size', b'"siez').replace(b"number 1", b"number 2")

    with pytest.raises(AuditError, match="not as it was signed"):
        lab.sealer().run()


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_a_sealer_killed_at_any_step_leaves_a_trail_that_the_next_one_completes(lab: Any, applied: bool) -> None:
    for number in range(5):
        lab.write(f"w{number % 2}")
    lab.write(chained=False, ph="abandoned")
    lab.sealer().run()
    for number in range(5):
        lab.write(f"w{number % 3}")
    lab.write("w1", put=False)
    lab.write("w1")
    prepared = copy.deepcopy(lab.world)
    lab.sealer().run()
    steps = lab.world.calls - prepared.calls
    assert steps > 8
    expected = lab.world.items

    for step in range(1, steps + 1):
        world = copy.deepcopy(prepared)
        lab.world = world
        lab.bucket = type(lab.bucket)(client=world, name="bucket", trail="trail")
        world.dies_at, world.applied = prepared.calls + step, applied
        with pytest.raises(lab.crash):
            lab.sealer().run()
        lab.sealer().run()

        report = lab.verify()
        assert (dict(report.counts), report.sealed, report.checkpoints) == ({}, 11, 2), step
        marks = {key for key in expected if key[0].startswith(("W#", "K#"))}
        assert {key for key in world.items if key[0].startswith(("W#", "K#"))} == marks, step


def test_two_sealers_at_once_make_one_chain(lab: Any) -> None:
    lab.write()
    lab.write("w2")
    first, world = lab.sealer(), lab.world
    original = world.put_object

    def overtaken(**request: Any) -> Any:
        world.put_object = original
        lab.sealer().run()
        return original(**request)

    world.put_object = overtaken
    outcome = first.run()

    assert outcome.checkpoint.checkpoint.number == 1
    assert lab.verify().is_clean
