"""A step in process: what it gives, when it is tried again, and how long it may take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mlfn import DeclarationError, Retry, Timeout, step


class Busy(Exception):  # noqa: N818 - as users name theirs
    pass


class VeryBusy(Busy):
    pass


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, none of which takes time."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


def failing(*errors: Exception) -> Callable[[str], str]:
    """A model that raises each of the errors once, then answers."""
    waiting = list(errors)

    def model(text: str) -> str:
        if waiting:
            raise waiting.pop(0)
        return text.upper()

    return model


def test_a_step_gives_what_its_model_gives() -> None:
    assert step(failing())("a") == "A"


def test_a_step_is_tried_again_after_errors_it_names_and_their_subclasses(pauses: list[float]) -> None:
    retry = Retry(on=[Busy], attempts=3, delay_s=2, backoff=3, jitter=False)

    answer = step(failing(Busy(), VeryBusy()), retry=retry)("a")

    assert (answer, pauses) == ("A", [2.0, 6.0])


def test_the_last_attempt_lets_its_error_out(pauses: list[float]) -> None:
    with pytest.raises(Busy, match="third"):
        step(failing(Busy("first"), Busy("second"), Busy("third")), retry=Retry(jitter=False))("a")

    assert pauses == [1.0, 2.0]


def test_other_errors_are_let_out_at_once(pauses: list[float]) -> None:
    with pytest.raises(KeyError):
        step(failing(KeyError()), retry=Retry(on=[Busy]))("a")

    assert pauses == []


def test_pauses_grow_to_their_limit_and_no_further() -> None:
    retry = Retry(delay_s=10, backoff=10.0, max_delay_s=500, jitter=False)

    assert [retry.pause(failures) for failures in (1, 2, 3, 4000)] == [10, 100, 500, 500]


def test_jitter_shortens_pauses_at_random() -> None:
    retry = Retry(delay_s=8)

    found = {retry.pause(1) for _ in range(20)}

    assert len(found) > 1
    assert all(0 <= each <= 8 for each in found)


def test_a_step_that_takes_too_long_is_a_timeout() -> None:
    never = threading.Event()

    with pytest.raises(Timeout, match=r"The step took too long\."):
        step(lambda text: never.wait(60), timeout_s=1)("a")


def test_a_step_within_its_time_gives_its_answer_or_its_error() -> None:
    assert step(failing(), timeout_s=60)("a") == "A"
    with pytest.raises(Busy):
        step(failing(Busy()), timeout_s=60)("a")


@pytest.mark.parametrize(
    "options",
    [
        {"on": []},
        {"on": ["Busy"]},
        {"on": [KeyboardInterrupt]},
        {"attempts": 1},
        {"attempts": True},
        {"delay_s": 0.5},
        {"delay_s": 0},
        {"backoff": 0.5},
        {"backoff": "2"},
        {"delay_s": 5, "max_delay_s": 5},
    ],
    ids=str,
)
def test_a_retry_that_a_state_machine_cannot_make_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="Retry's"):
        Retry(**options)


def test_a_step_of_something_else_is_refused() -> None:
    for options in ({"timeout_s": 0}, {"retry": 3}):
        with pytest.raises(DeclarationError, match="step's"):
            step(failing(), **options)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(DeclarationError, match=r"step\(\) takes a model"):
        step("redact")  # type: ignore[arg-type]  # wrong on purpose
