"""A state machine's question to a person: kept in the table, with its token, until it is answered."""

from __future__ import annotations

from time import time

from mlfn.ingress.patience import time_left
from mlfn.ingress.questions import KEPT_S, question_id
from mlfn.jsontext import encode
from mlfn.runtime import answers
from mlfn.runtime.aws import AwsError
from mlfn.runtime.clock import Clock
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.recorder import COMPLETED, ERROR, REJECTED
from mlfn.runtime.refusal import WRONG_INGRESS, Refusal
from mlfn.runtime.stack import error_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlfn.ingress.questions import Questions
    from mlfn.ingress.telling import Telling
    from mlfn.runtime.api import Invocation
    from mlfn.runtime.calls import Call
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt, Recorder

UNAVAILABLE = "ApprovalsUnavailable"
"""What the state machine tries again after."""


class Asking:
    """Takes questions from state machines."""

    def __init__(
        self,
        recorder: Recorder,
        questions: Questions,
        pipeline_of: Callable[[str], Manifest | None],
        other: Manifest,
        telling: Telling,
    ) -> None:
        self._recorder = recorder
        self._questions = questions
        self._pipeline_of = pipeline_of
        self._other = other
        self._telling = telling

    def ask(self, invocation: Invocation, call: Call, respond: Callable[[bytes, str | None], int]) -> None:
        """Keep a question, and record that it was asked."""
        manifest = self._pipeline_of(str(call.event.get("execution", "")))
        attempt = self._recorder.begin(manifest or self._other, invocation, call)
        try:
            asked = _asked(call, manifest)
            self._recorder.started(attempt)
        except Refusal as refusal:
            facts = {"st": "rejected", "er": refusal.error_type, "pc": "hash"}
            record = self._recorder.ended(attempt, REJECTED, facts)
            respond(*answers.refused(call.ingress, refusal, invocation.invocation_id, record))
        else:
            respond(*self._keep(attempt, invocation, call, asked))
        self._recorder.store(attempt)

    def _keep(
        self, attempt: Attempt, invocation: Invocation, call: Call, asked: dict[str, Any]
    ) -> tuple[bytes, str | None]:
        values = _values(call, asked, self._recorder.record_id(attempt, COMPLETED))
        try:
            self._questions.ask(values, timeout_s=time_left(invocation))
        except (AwsError, ExchangeError) as error:
            record = self._recorder.ended(attempt, ERROR, {"st": "error", "er": UNAVAILABLE, "pc": "hash"})
            body = error_body(UNAVAILABLE, f"The question could not be kept: {error}", invocation.invocation_id)
            return answers.failed(call.ingress, body, record)
        self._telling.tell(values, [str(each) for each in asked["by"]], attempt.manifest, time_left(invocation))
        record = self._recorder.ended(attempt, COMPLETED, {"st": "ok", "pc": "hash", "os": "asked for approval"})
        return answers.success(call.ingress, encode({"approval": values["id"]}).encode(), record), None


def _asked(call: Call, manifest: Manifest | None) -> dict[str, Any]:
    """What an event asks for, beside the value.

    Raises:
        Refusal: it is no question of a pipeline of this app.
    """
    if call.refusal is not None:
        raise call.refusal
    asked = call.event.get("approval")
    if manifest is None or not isinstance(asked, dict):
        raise Refusal(WRONG_INGRESS, "Only questions of this app's pipelines are taken here.", status=403)
    by, timeout_s = asked.get("by"), asked.get("timeout_s", 0)
    if not isinstance(asked.get("token"), str) or not isinstance(by, list) or type(timeout_s) is not int:
        raise Refusal(WRONG_INGRESS, "The question names no token, nobody who may answer, or no time.", status=403)
    return asked


def _values(call: Call, asked: dict[str, Any], record: str) -> dict[str, Any]:
    now_s, timeout_s = int(time()), asked.get("timeout_s", 0)
    return {
        "id": question_id(asked["token"]),
        "token": asked["token"],
        "execution": str(call.event["execution"]),
        "state": str(call.event.get("state", "")),
        "about": call.body.decode(),
        "by": encode([str(each) for each in asked["by"]]),
        "asked": Clock().now(),
        "until": now_s + timeout_s if timeout_s else 0,
        "record": record,
        "x": now_s + timeout_s + KEPT_S,
    }
