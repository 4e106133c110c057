"""People's answers to what pipelines ask: `GET /approvals`, `GET /approvals/<id>`, `POST /approvals/<id>`.

Who answers is what the gateway has verified. An answer is kept before it is sent on, so that there is one of each
question; what was kept and not delivered is delivered by whoever answers next.
"""

from __future__ import annotations

from time import gmtime, strftime, time

from mlfn.ingress.patience import time_left
from mlfn.jsontext import decode, encode
from mlfn.runtime import answers, strict_json
from mlfn.runtime.allowing import is_named
from mlfn.runtime.aws import AwsError
from mlfn.runtime.calls import MARK
from mlfn.runtime.clock import Clock
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.recorder import COMPLETED, ERROR, REJECTED
from mlfn.runtime.refusal import ACCESS, CONTRACT, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlfn.ingress.executions import Executions
    from mlfn.ingress.questions import Question, Questions
    from mlfn.runtime.api import Invocation
    from mlfn.runtime.calls import Call
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt, Recorder

ANSWERS = {"approve": "approved", "reject": "rejected"}
DECIDED, OVER = "AlreadyDecided", "ApprovalOver"
LONGEST_COMMENT = 1_000
LONGEST_SHOWN = 4_096
"""Characters of a value that a list shows; the question itself shows all."""
_GONE = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})
_NOBODY_WAITS = "Nobody waits for this answer any more: its time is up, or the run has ended."


class Answering:
    """Shows questions to those who may answer them, and takes their answers."""

    def __init__(
        self,
        recorder: Recorder,
        questions: Questions,
        executions: Executions,
        pipeline_of: Callable[[str], Manifest | None],
    ) -> None:
        self._recorder = recorder
        self._questions = questions
        self._executions = executions
        self._pipeline_of = pipeline_of

    def handle(
        self, invocation: Invocation, call: Call, route: tuple[str, list[str]], respond: Callable[[bytes, None], int]
    ) -> None:
        """Answer what came to `/approvals`."""
        method, segments = route
        timeout_s = time_left(invocation)
        try:
            question = self._questions.find(segments[1], timeout_s=timeout_s) if len(segments) > 1 else None
            if len(segments) == 1 and method == "GET":
                respond(self._list(call, timeout_s), None)
            elif question is None or (manifest := self._pipeline_of(question.text("execution"))) is None:
                respond(answers.problem(404, "NotFound", "There is no such approval.", None), None)
            elif method == "GET":
                respond(self._show(call, question, manifest, invocation.deadline_ms / 1000), None)
            else:
                _Decision(self, manifest, question).handle(invocation, call, respond)
        except (AwsError, ExchangeError) as error:
            respond(_unreachable(error, None), None)

    def _list(self, call: Call, timeout_s: float) -> bytes:
        """What the caller may answer now; what nobody waits for any more is closed on the way."""
        running: dict[str, bool] = {}
        shown = []
        for question in self._questions.open(timeout_s=timeout_s):
            execution = question.text("execution")
            pipeline = self._pipeline_of(execution)
            if pipeline is None or not is_named(call.caller, question.by):
                continue
            if execution not in running:
                running[execution] = self._executions.is_running(execution, timeout_s=timeout_s)
            if running[execution] and not _is_late(question):
                shown.append(_told(question, pipeline.name))
            else:
                self._questions.close(question.text("id"), "over", timeout_s=timeout_s)
        return answers.http_answer(200, encode({"approvals": shown}), "application/json", None)

    def _show(self, call: Call, question: Question, manifest: Manifest, deadline_s: float) -> bytes:
        """A question in full, with what is kept elsewhere of its value."""
        if not is_named(call.caller, question.by):
            return answers.problem(403, ACCESS, "This caller may not see it: the pipeline asks others.", None)
        about = question.text("about")
        if MARK in about:
            from mlfn.runtime.large_values import arrived_until  # noqa: PLC0415 - only for large values

            try:
                about = arrived_until(about.encode(), manifest, deadline_s, self._recorder).decode()
            except Refusal as refusal:
                return answers.problem(refusal.status, refusal.error_type, refusal.message, None)
        if len(about) * 2 > answers.LARGEST:
            sentence = f"The value is too large to be shown here ({len(about):,} characters)."
            return answers.problem(413, "PayloadTooLarge", sentence, None)
        told = {**_told(question, manifest.name), "about": decode(about)}
        return answers.http_answer(200, encode(told), "application/json", None)

    def begin(self, manifest: Manifest, invocation: Invocation, call: Call, question: Question) -> Attempt:
        """The start of an answer's record, which lies beside those of the run."""
        call.facts |= {"ex": question.text("execution"), "sn": question.text("state"), "pa": [question.text("record")]}
        return self._recorder.begin(manifest, invocation, call)

    @property
    def recorder(self) -> Recorder:
        """Writes the records."""
        return self._recorder

    def keep(self, question: Question, answer: dict[str, Any], timeout_s: float) -> Question | None:
        """Keep an answer; None, or the one that was there before."""
        return self._questions.answer(question.text("id"), answer, timeout_s=timeout_s)

    def deliver(self, question: Question, answer: dict[str, Any], timeout_s: float) -> bool:
        """Send a kept answer to the pipeline; False if nobody waits for it any more."""
        name = question.text("id")
        try:
            if answer["answer"] == "approved":
                self._executions.succeed(question.text("token"), _approval(answer), timeout_s=timeout_s)
            else:
                self._executions.fail(question.text("token"), "Rejected", _rejection(answer), timeout_s=timeout_s)
        except AwsError as error:
            if error.code not in _GONE:
                raise
            self._questions.close(name, "over", timeout_s=timeout_s)
            return False
        self._questions.close(name, "delivered", timeout_s=timeout_s)
        return True


class _Decision:
    """One answer on its way through the door."""

    def __init__(self, answering: Answering, manifest: Manifest, question: Question) -> None:
        self._answering = answering
        self._recorder = answering.recorder
        self._manifest = manifest
        self._question = question

    def handle(self, invocation: Invocation, call: Call, respond: Callable[[bytes, None], int]) -> None:
        """Check, keep, deliver, answer and record."""
        attempt = self._answering.begin(self._manifest, invocation, call, self._question)
        try:
            answer = self._admit(call, self._recorder.record_id(attempt, COMPLETED))
            self._recorder.started(attempt)
        except Refusal as refusal:
            record = self._recorder.ended(attempt, REJECTED, _facts("rejected", refusal.error_type))
            respond(answers.refused(call.ingress, refusal, invocation.invocation_id, record)[0], None)
        else:
            respond(self._decide(attempt, answer, time_left(invocation)), None)
        self._recorder.store(attempt)

    def _admit(self, call: Call, record: str) -> dict[str, Any]:
        if call.refusal is not None:
            raise call.refusal
        if not is_named(call.caller, self._question.by):
            raise Refusal(ACCESS, "This caller may not answer: the pipeline asks others.", status=403)
        said, comment = _said(call.body)
        values = self._question.values
        if "answer" not in values and (_is_late(self._question) or "over" in values):
            raise Refusal(OVER, _NOBODY_WAITS, status=410)
        caller = call.caller
        return {
            "answer": said,
            "decided_by": caller.id or "",
            "decided_at": Clock().now(),
            "assurance": caller.assurance,
            "comment": comment,
            "decision": record,
        }

    def _decide(self, attempt: Attempt, answer: dict[str, Any], timeout_s: float) -> bytes:
        try:
            earlier = self._answering.keep(self._question, answer, timeout_s)
            if earlier is not None:
                return self._repeated(attempt, earlier, answer, timeout_s)
            if not self._answering.deliver(self._question, answer, timeout_s):
                record = self._recorder.ended(attempt, ERROR, _facts("error", OVER))
                return answers.problem(410, OVER, _NOBODY_WAITS, record)
        except (AwsError, ExchangeError) as error:
            record = self._recorder.ended(attempt, ERROR, _facts("error", "ApprovalUncertain"))
            return _unreachable(error, record)
        return self._done(attempt, answer)

    def _repeated(self, attempt: Attempt, earlier: Question, answer: dict[str, Any], timeout_s: float) -> bytes:
        """There is an answer: deliver it if nobody has; to whoever gave it, that is success."""
        is_news = not earlier.delivered and self._answering.deliver(earlier, earlier.values, timeout_s)
        if is_news and all([earlier.values.get(name) == answer[name] for name in ("answer", "decided_by")]):
            return self._done(attempt, answer)
        record = self._recorder.ended(attempt, ERROR, _facts("error", DECIDED))
        by, at = earlier.text("decided_by"), earlier.text("decided_at")
        return answers.problem(409, DECIDED, f"{by} has {earlier.text('answer')} it already, at {at}.", record)

    def _done(self, attempt: Attempt, answer: dict[str, Any]) -> bytes:
        record = self._recorder.ended(attempt, COMPLETED, {"st": "ok", "pc": "hash", "os": answer["answer"]})
        told = {"approval": self._question.text("id"), "answer": answer["answer"], "by": answer["decided_by"]}
        told["execution"] = _name(self._question.text("execution"))
        return answers.http_answer(200, encode(told), "application/json", record)


def _said(body: bytes) -> tuple[str, str]:
    """The answer in a body, and its comment."""
    strict_json.check(body)
    value = decode(body.decode())
    if not isinstance(value, dict) or not value.keys() <= {"answer", "comment"}:
        raise Refusal(CONTRACT, 'Write {"answer": "approve" or "reject", "comment": "…"}.')
    said, comment = value.get("answer"), value.get("comment", "")
    if said not in ANSWERS or not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
        raise Refusal(CONTRACT, f'answer is "approve" or "reject"; a comment has at most {LONGEST_COMMENT} characters.')
    return ANSWERS[said], comment


def _approval(answer: dict[str, Any]) -> str:
    """What the pipeline goes on with: mlfn.approvals.Approval, and the record of the decision."""
    approval = {
        "by": answer["decided_by"],
        "at": answer["decided_at"],
        "comment": answer.get("comment", ""),
        "assurance": answer["assurance"],
    }
    return encode({"output": approval, "record": answer["decision"]})


def _rejection(answer: dict[str, Any]) -> str:
    message = answer.get("comment") or "It was rejected."
    return encode({"errorMessage": message, "errorType": "Rejected", "record": answer["decision"]})


def _told(question: Question, pipeline: str) -> dict[str, Any]:
    """A question as a list shows it: without its token, and without what is long."""
    about = question.text("about")
    told: dict[str, Any] = {name: question.text(name) for name in ("id", "state", "asked")}
    told["execution"] = _name(question.text("execution"))
    told["pipeline"] = pipeline
    told["by"] = question.by
    told["until"] = strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(question.until)) if question.until else None
    if len(about) <= LONGEST_SHOWN and MARK not in about:
        told["about"] = decode(about)
    for name in ("answer", "decided_by", "decided_at", "comment"):
        if name in question.values:
            told[name] = question.text(name)
    return told


def _name(execution: str) -> str:
    return execution.rpartition(":")[2]


def _is_late(question: Question) -> bool:
    return 0 < question.until <= time()


def _facts(status: str, error: str) -> dict[str, Any]:
    return {"st": status, "er": error, "pc": "hash"}


def _unreachable(error: AwsError | ExchangeError, record: str | None) -> bytes:
    what = error.code if isinstance(error, AwsError) else "no answer in time"
    detail = f"The answer may not have reached the pipeline ({what}). Give the same one again."
    return answers.problem(504 if isinstance(error, ExchangeError) else 502, "ApprovalUncertain", detail, record)
