"""approval() in process: somebody answers, rejects, or takes too long."""

from __future__ import annotations

import io
import threading

import pytest

from mlfn import MlfnError, Timeout
from mlfn.approvals import Approval, Question, Rejected, answered_by, approval

YES = Approval(by="jane", at="2026-11-27T02:30:00Z", comment="fine")


def test_whoever_is_named_answers_what_is_asked() -> None:
    asked: list[Question] = []

    def decide(question: Question) -> Approval:
        asked.append(question)
        return YES

    with answered_by(decide):
        decision = approval({"page": 1}, by=["arn:1"], timeout_s=60)

    assert decision == YES
    assert asked == [Question(about={"page": 1}, by=("arn:1",), timeout_s=60)]


def test_a_rejection_is_raised() -> None:
    def decide(_: Question) -> Approval:
        raise Rejected("blurred")

    with answered_by(decide), pytest.raises(Rejected, match="blurred"):
        approval(1, by=["arn:1"])


def test_who_takes_too_long_has_not_answered() -> None:
    never = threading.Event()

    def decide(_: Question) -> Approval:
        never.wait(60)
        return YES

    with answered_by(decide), pytest.raises(Timeout):
        approval(1, by=["arn:1"], timeout_s=1)
    never.set()


@pytest.mark.parametrize(("typed", "comment"), [("y\nfine\n", "fine"), ("Yes\n\n", "")])
def test_at_a_terminal_the_person_there_is_asked(
    typed: str, comment: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(typed, monkeypatch)

    decision = approval("the text", by=["arn:1"])

    assert (decision.by, decision.comment, decision.assurance) == ("ann", comment, 0)
    assert "Approve 'the text'? [y/N]" in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "message"), [("n\nno\n", "no"), ("\n\n", "It was rejected.")])
def test_anything_but_a_yes_is_a_no(typed: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(typed, monkeypatch)

    with pytest.raises(Rejected, match=message):
        approval("the text", by=["arn:1"])


def test_without_anybody_the_sentence_says_how_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    with pytest.raises(MlfnError) as raised:
        approval("the text", by=["arn:1"])

    assert raised.value.hint == "Write with answered_by(lambda question: Approval(by=…, at=…)): around the call."


def terminal(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.StringIO(typed)
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stdin)
    monkeypatch.setenv("LOGNAME", "ann")
