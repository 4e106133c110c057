"""What a function's log owes the table, and that it is put there once, with the right cause."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fixtures.function_log import START_MS, TIMEOUT_MS, VERSION, Environment, World

from mlfn.audit import codec
from mlfn.audit.lines import RECORD, line
from mlfn_audit.collecting import sweeping
from mlfn_audit.collecting.log_lines import LogEvent
from mlfn_audit.collecting.settling import GRACE_MS
from mlfn_audit.collecting.sweeping import OVERLAP_MS, PART_MS
from mlfn_audit.platform.writer import write


def forged(**fields: Any) -> str:
    """What a model prints that looks like a line of its writer."""
    wire: dict[str, Any] = {"v": 1, "iv": "x", "at": "w:0", "t0": "2026-11-23T06:38:00.000000Z", "m": "shop.mood"}
    wire |= {"mv": VERSION, "w": "w", "q": 0, "x": 1, "ph": "completed", "h": codec.digest(b""), "id": "a" * 26}
    return line(RECORD, codec.canonical(wire | fields)).decode()


@pytest.fixture
def world() -> World:
    return World()


def test_a_call_that_went_well_needs_nothing(world: World) -> None:
    Environment(world).call("one")

    assert world.sweep().tally.to_json() == dict.fromkeys(world.sweep().tally.to_json(), 0)
    assert world.phases() == {"one": ["completed"]}


def test_a_record_that_was_told_but_never_put_is_put_with_its_hour_in_the_directory(world: World) -> None:
    wire = Environment(world).call("one", put=False)

    assert world.sweep().tally.put == 1
    assert world.wires() == [wire]
    assert [sk for pk, sk in world.items if pk == "B#shop.mood"] == [f"20261123T06#{VERSION}#1#0"]
    assert world.sweep().tally.put == 0


@pytest.mark.parametrize(
    ("report", "cause"),
    [
        pytest.param({"status": "timeout"}, "timeout", id="timeout"),
        pytest.param({"status": "error", "error": "Runtime.OutOfMemory"}, "oom", id="out of memory"),
        pytest.param({"status": "error", "error": "Runtime.ExitError", "peak_mb": 128}, "oom", id="full memory"),
        pytest.param({"status": "error", "error": "Runtime.ExitError"}, "killed", id="exit"),
    ],
)
def test_a_call_that_could_not_tell_its_end_is_abandoned_with_the_reports_cause(
    world: World, report: dict[str, Any], cause: str
) -> None:
    environment = Environment(world)
    started = environment.starts("one")
    environment.reports("one", **report)

    assert world.sweep().tally.abandoned == 1
    (wire,) = world.wires()
    assert (wire["ph"], wire["st"], wire["at"], wire["ca"]) == ("abandoned", cause, started["at"], "jane")
    assert codec.is_sealed(wire)
    assert not wire.keys() & {"q", "p"}
    assert world.sweep().tally.abandoned == 0


def test_a_report_in_plain_text_says_the_same(world: World) -> None:
    environment = Environment(world)
    environment.starts("one")
    environment.say(
        "REPORT RequestId: one\tDuration: 5000.00 ms\tBilled Duration: 5000 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 40 MB\tStatus: timeout\t\n"
    )

    assert world.sweep().tally.abandoned == 1
    assert world.phases() == {"one": ["abandoned timeout"]}


def test_a_call_without_a_report_is_running_until_its_deadline_is_long_over(world: World) -> None:
    environment = Environment(world)
    environment.starts("one")
    assert world.sweep().tally.abandoned == 0

    world.now_ms += TIMEOUT_MS + GRACE_MS

    assert world.sweep().tally.abandoned == 1
    assert world.phases() == {"one": ["abandoned killed"]}


def test_a_call_whose_end_is_in_the_table_alone_is_not_abandoned(world: World) -> None:
    environment = Environment(world)
    common = environment.starts("one")
    wire = environment.ends(common)
    world.lines.pop()
    world.put(wire)
    environment.reports("one", "error", "Runtime.ExitError")

    assert world.sweep().tally.abandoned == 0


def test_a_long_call_is_found_by_the_run_after_its_end(world: World) -> None:
    environment = Environment(world)
    environment.starts("long", timeout_ms=900_000)
    for number in range(5):
        world.now_ms += OVERLAP_MS
        Environment(world).call(f"other-{number}")
        world.sweep()
    assert "long" not in world.phases()
    environment.reports("long", "timeout")

    world.sweep()

    assert world.phases()["long"] == ["abandoned timeout"]


def test_what_was_written_while_the_reaper_was_away_is_settled_part_by_part(world: World) -> None:
    environment = Environment(world)
    wires = []
    for number in range(30):
        wires.append(environment.call(f"call-{number}", put=number % 3 == 0))
        world.now_ms += PART_MS // 4
    world.now_ms = START_MS - 1_000 + 9 * PART_MS - 5
    environment.starts("spanning")
    environment.reports("spanning", "timeout")
    world.now_ms += 86_400_000

    world.sweep()

    assert sorted(wire["id"] for wire in world.wires() if "q" in wire) == sorted(wire["id"] for wire in wires)
    assert world.phases()["spanning"] == ["abandoned timeout"]


def test_a_log_that_is_too_long_for_one_part_is_settled_in_several(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "LARGEST_PART", 5)
    environment = Environment(world)
    for number in range(20):
        environment.call(f"call-{number}", put=False)
    environment.starts("last")
    environment.reports("last", "timeout")

    tally = world.sweep().tally

    assert (tally.put, tally.abandoned, len(world.phases())) == (20, 1, 21)


def test_a_call_that_failed_before_our_code_saw_it_is_abandoned_too(world: World) -> None:
    environment = Environment(world)
    environment.starts("first")
    del world.lines[-1:]
    environment.reports("first", "error", "Runtime.ExitError")

    world.sweep()

    (wire,) = world.wires()
    assert (wire["iv"], wire["ph"], wire["st"], wire["mv"], wire["w"]) == (
        "first",
        "abandoned",
        "killed",
        VERSION,
        "platform",
    )


def test_an_error_that_the_function_told_of_itself_is_no_orphan(world: World) -> None:
    environment = Environment(world)
    world.put(environment.ends(environment.starts("one"), "error"))
    environment.reports("one", "error", "ValueError")

    assert world.sweep().tally.abandoned == 0


def test_the_writer_puts_a_spooled_record(world: World) -> None:
    environment = Environment(world)
    wire = environment.call("one", put=False)
    environment.spools(wire)

    tally = write(world.settler(), [_event(world.lines[-1])], now_ms=world.now_ms)

    assert (tally.put, world.wires()) == (1, [wire])


def test_the_writer_ends_a_call_as_soon_as_its_report_is_there(world: World) -> None:
    environment = Environment(world)
    environment.call("before")
    environment.starts("one")
    environment.reports("one", "timeout")

    tally = write(world.settler(), [_event(world.lines[-1])], now_ms=world.now_ms)

    assert tally.abandoned == 1
    assert world.phases() == {"before": ["completed"], "one": ["abandoned timeout"]}


def test_what_a_model_prints_is_not_believed(world: World) -> None:
    elsewhere = World()
    forged = Environment(elsewhere, writer="ZZZZZZZZZZZZZZZZ").call("forged")
    environment = Environment(world)
    common = environment.starts("one")
    for _, _, text in elsewhere.lines:
        environment.say(text)
    environment.spools(forged)
    world.put(environment.ends(common))
    environment.reports("one")

    tally = world.sweep().tally

    assert (tally.put, tally.abandoned, tally.unbelieved) == (0, 0, 1)
    assert world.phases() == {"one": ["completed"]}


def test_a_forged_end_of_the_running_call_does_not_open_the_door_for_another_writer(world: World) -> None:
    environment = Environment(world)
    common = environment.starts("one")
    forger = Environment(World(), writer="ZZZZZZZZZZZZZZZZ", stream=environment.stream)
    forger.world = world
    forger.say('{"type":"platform.start","record":{"requestId":"other"}}')
    forger.reports("other", "timeout")
    forger.say('{"mlfn_writer":{"fv":"1","m":"shop.mood","w":"ZZZZZZZZZZZZZZZZ"}}')
    forger.ends(forger.starts("other"))
    world.put(environment.ends(common))
    environment.reports("one")

    world.sweep()

    assert world.phases() == {"one": ["completed"]}


def test_an_error_that_a_model_raised_does_not_open_the_door_either(world: World) -> None:
    environment = Environment(world)
    world.put(environment.ends(environment.starts("one"), "error"))
    environment.reports("one", "error", "ValueError")
    common = environment.starts("two")
    forger = Environment(World(), writer="ZZZZZZZZZZZZZZZZ", stream=environment.stream)
    forger.world = world
    forger.say('{"mlfn_writer":{"fv":"1","m":"shop.mood","w":"ZZZZZZZZZZZZZZZZ"}}')
    forger.ends({**common, "at": "ZZZZZZZZZZZZZZZZ:0", "w": "ZZZZZZZZZZZZZZZZ"})
    world.put(environment.ends(common))
    environment.reports("two")

    assert world.sweep().tally.unbelieved == 1
    assert world.phases() == {"one": ["error"], "two": ["completed"]}


def test_a_process_that_takes_over_in_the_same_stream_is_believed(world: World) -> None:
    first = Environment(world)
    first.starts("one")
    first.reports("one", "error", "Runtime.ExitError")
    second = Environment(world, stream=first.stream)
    second.call("two", put=False)

    world.sweep()

    assert world.phases() == {"one": ["abandoned killed"], "two": ["completed"]}


@pytest.mark.parametrize("change", [{"m": "bank.vault"}, {"fn": "bank-dev-vault"}, {"at": "other:0"}])
def test_a_writer_speaks_of_its_own_calls_only(world: World, change: dict[str, str]) -> None:
    environment = Environment(world)
    wire = {**environment.call("one"), **change}
    wire["id"] = codec.event_id(wire["iv"], wire["at"], wire["ph"])
    environment.say(line(RECORD, codec.seal(wire)))

    assert world.sweep().tally.unbelieved == 1
    assert world.phases() == {"one": ["completed"]}


def test_a_forged_deadline_does_not_keep_the_reaper_waiting(world: World) -> None:
    environment = Environment(world)
    environment.say(forged(ph="started", dl=2**53 - 1))
    world.now_ms += 3_600_000

    world.sweep()

    reached = max(int(sk) for pk, sk in world.items if pk.startswith("R#"))
    assert reached == world.now_ms - OVERLAP_MS


def test_another_record_under_the_same_key_is_a_collision(world: World) -> None:
    environment = Environment(world)
    wire = environment.call("one", put=False)
    world.put({**wire, "h": codec.digest(b"other")})
    settler = world.settler()

    assert str(settler.deposit.put(wire)) == "collision"


@pytest.mark.parametrize(
    "text",
    [
        '{"mlfn_audit":{"v":1}}',
        '{"mlfn_audit":{"v":1',
        '{"mlfn_spool":[]}',
        pytest.param(forged(iv=1), id="a number for a text"),
        pytest.param(forged(t0=5), id="a number for a time"),
        pytest.param(forged(t0="now#x"), id="no time"),
        pytest.param(forged(dl="soon"), id="a text for a deadline"),
        pytest.param(forged(dl="soon", ph="started"), id="a text for the deadline of a call"),
        pytest.param(forged(m="m" * 3000), id="a key that DynamoDB refuses"),
        pytest.param(forged(sh=0), id="no shard"),
        '{"mlfn_writer":[]}',
        '{"type":"platform.report","record":{"requestId":1}}',
        '{"type":"platform.report"}',
        "REPORT RequestId: x\tDuration: soon",
        "REPORT ",
    ],
)
def test_odd_lines_stop_nothing(world: World, text: str) -> None:
    environment = Environment(world)
    common = environment.starts("one")
    environment.say(text)
    environment.ends(common)
    environment.reports("one")

    assert world.sweep().tally.put == 1


def _event(told: tuple[str, int, str]) -> LogEvent:
    return LogEvent(stream=told[0], time_ms=told[1], message=told[2])
