"""The front door of an app's pipelines: `POST /pipelines/<name>`, `GET /pipelines/<name>/<execution>`."""

from __future__ import annotations

from mlfn.audit.codec import ASKED
from mlfn.ingress.executions import LARGEST_INPUT, Executions, execution_arn
from mlfn.ingress.outcomes import Failure
from mlfn.ingress.patience import time_left
from mlfn.ingress.run_names import is_name, is_same_request, run_name
from mlfn.jsontext import decode, encode
from mlfn.runtime import answers, opened, strict_json
from mlfn.runtime.allowing import is_allowed
from mlfn.runtime.aws import AwsError
from mlfn.runtime.calls import API, CONTENT_TYPES, MARK, MARK_BYTES, REFERENCE, STEP_FUNCTIONS, UPLOAD, read_call
from mlfn.runtime.contract import structural_contract
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.recorder import COMPLETED, ERROR, REJECTED, STARTED
from mlfn.runtime.refusal import ACCESS, WRONG_INGRESS, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mlfn.audit.codec import Wire
    from mlfn.ingress.approvals import Approvals
    from mlfn.ingress.executions import Outcome
    from mlfn.runtime.api import Invocation
    from mlfn.runtime.blob_home import BlobHome
    from mlfn.runtime.calls import Call
    from mlfn.runtime.contract import InputContract
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt, Recorder

    Respond = Callable[[bytes, str | None], int]

_SEGMENTS_OF_A_RUN = 3
BATCH = "batch"
REUSED = "IdempotencyKeyReused"


class Pipeline:
    """One pipeline: its manifest, its contract and its state machine."""

    __slots__ = ("contract", "machine", "manifest")

    def __init__(self, manifest: Manifest, contract: InputContract | None, machine: str) -> None:
        self.manifest = manifest
        self.contract = contract
        self.machine = machine


class Ingress:
    """Answers API events for all pipelines of an app."""

    def __init__(
        self,
        manifest: Manifest,
        recorder: Recorder,
        environ: Mapping[str, str],
        *,
        executions: Executions | None = None,
    ) -> None:
        machines = decode(environ.get("MLFN_STATE_MACHINES") or "{}")
        self._environ = environ
        self._recorder = recorder
        self._manifest = manifest
        self._executions = executions or Executions(environ)
        self._approvals: Approvals | None = None
        if environ.get("MLFN_APPROVALS_TABLE"):
            from mlfn.ingress.approvals import Approvals  # noqa: PLC0415 - where a pipeline asks people

            self._approvals = Approvals(recorder, manifest, environ, self._executions, self._pipeline_of)
        self._pipelines = {
            each.name: Pipeline(each, structural_contract(each.input, each.parameters), machines.get(each.name, ""))
            for each in manifest.pipelines
        }

    def handle(self, invocation: Invocation, respond: Respond) -> None:
        """Answer an event."""
        call = read_call(invocation)
        if self._approvals is not None and call.ingress == STEP_FUNCTIONS:
            self._approvals.ask(invocation, call, respond)
            return
        if call.ingress != API:
            respond(*self._misdirected(invocation, call))
            return
        method, segments = _route(call)
        if self._approvals is not None and segments[:1] == ["approvals"]:
            self._approvals.answer(invocation, call, (method, segments), respond)
            return
        pipeline = self._pipelines.get(segments[1]) if len(segments) > 1 and segments[0] == "pipelines" else None
        if call.refusal is None and pipeline is None:
            respond(answers.problem(404, "NotFound", "There is no such pipeline.", None), None)
        elif pipeline is not None and pipeline.manifest.blobs and _is_for_blobs(method, segments):
            respond(self._blobs(pipeline, call), None)
        elif method == "GET" and pipeline is not None and len(segments) == _SEGMENTS_OF_A_RUN:
            respond(self._status(pipeline, call, invocation, segments[2]), None)
        else:
            _Submission(self._recorder, self._executions, pipeline, self._manifest, self._home).handle(
                invocation, call, respond
            )

    def _blobs(self, pipeline: Pipeline, call: Call) -> bytes:
        """The way to a blob's content, in or out."""
        from mlfn.runtime.blob_routes import answer  # noqa: PLC0415 - only where there are blobs

        return answer(call, self._home(), pipeline.manifest)

    def _home(self) -> BlobHome:
        from mlfn.runtime.blob_home import BlobHome  # noqa: PLC0415 - only where there are blobs
        from mlfn.runtime.large_values import values_prefix  # noqa: PLC0415 - as above

        return BlobHome(values_prefix(self._manifest.app), self._environ, self._recorder)

    def _pipeline_of(self, execution: str) -> Manifest | None:
        """The pipeline that a run is one of."""
        name = execution.rpartition(":")[2]
        found = [each for each in self._pipelines.values() if execution_arn(each.machine, name) == execution]
        return found[0].manifest if found else None

    def _misdirected(self, invocation: Invocation, call: Call) -> tuple[bytes, str | None]:
        refusal = Refusal(WRONG_INGRESS, "Pipelines are called through the API only.", status=403)
        attempt = self._recorder.begin(self._manifest, invocation, call)
        record = self._recorder.ended(attempt, REJECTED, _rejected(refusal))
        self._recorder.store(attempt)
        return answers.refused(call.ingress, refusal, invocation.invocation_id, record)

    def _status(self, pipeline: Pipeline, call: Call, invocation: Invocation, name: str) -> bytes:
        """How a run is: asking is no call of a pipeline, and leaves no record."""
        if not is_allowed(call.caller, pipeline.manifest):
            return answers.problem(403, ACCESS, f"This caller may not see {pipeline.manifest.name}.", None)
        if not is_name(name):
            return answers.problem(404, "NotFound", "There is no such execution.", None)
        try:
            outcome = self._executions.describe(pipeline.machine, name, timeout_s=time_left(invocation))
        except (AwsError, ExchangeError) as error:
            return answers.problem(502, "StepFunctionsError", _reason(error), None)
        if outcome is None:
            return answers.problem(404, "NotFound", "There is no such execution.", None)
        if pipeline.manifest.mode == BATCH:
            return self._batch_status(pipeline, outcome, name, time_left(invocation))
        if outcome.output is not None and MARK in outcome.output:
            return self._whole_status(pipeline, outcome, name, invocation.deadline_ms / 1000)
        return answers.http_answer(200, _progress(name, outcome), "application/json", None)

    def _batch_status(self, pipeline: Pipeline, outcome: Outcome, name: str, timeout_s: float) -> bytes:
        from mlfn.ingress.batches import UNKNOWN, batch_progress  # noqa: PLC0415 - only for batch pipelines

        told = decode(_progress(name, outcome))
        told.pop("output", None)
        home, execution = self._home(), execution_arn(pipeline.machine, name)
        try:
            told |= batch_progress(outcome, execution, self._executions, home, timeout_s)
        except UNKNOWN as error:
            return answers.problem(502, "StepFunctionsError", f"The run cannot be read: {type(error).__name__}.", None)
        return answers.http_answer(200, encode(told), "application/json", None)

    def _whole_status(self, pipeline: Pipeline, outcome: Outcome, name: str, deadline_s: float) -> bytes:
        """How a run is, whose output is kept elsewhere in part."""
        from mlfn.ingress.kept_answers import answered  # noqa: PLC0415 - only for large values
        from mlfn.runtime.large_values import arrived_until  # noqa: PLC0415 - only for values that are kept

        try:
            output = (outcome.output or "null").encode()
            outcome.output = arrived_until(output, pipeline.manifest, deadline_s, self._recorder).decode()
            return answered(_progress(name, outcome).encode(), self._home, None, {})
        except Refusal as refusal:
            return answers.problem(refusal.status, refusal.error_type, refusal.message, None)


class _Submission:
    """One call of a pipeline on its way through the door."""

    def __init__(
        self,
        recorder: Recorder,
        executions: Executions,
        pipeline: Pipeline | None,
        fallback: Manifest,
        home: Callable[[], BlobHome],
    ) -> None:
        self._recorder = recorder
        self._executions = executions
        self._pipeline = pipeline
        self._home = home
        self._manifest = pipeline.manifest if pipeline is not None else fallback

    def handle(self, invocation: Invocation, call: Call, respond: Respond) -> None:
        """Validate, start, answer and record."""
        attempt = self._recorder.begin(self._manifest, invocation, call)
        opened.forget()
        try:
            if call.asks == UPLOAD:
                respond(self._told_where(attempt, call), None)
                self._recorder.store(attempt)
                return
            pipeline = self._admit(attempt, call)
            text = self._input(attempt, call)
            name = run_name(call, invocation.invocation_id, pipeline.manifest.mode)
            self._recorder.started(attempt)
        except Refusal as refusal:
            record = self._recorder.ended(attempt, REJECTED, _rejected(refusal))
            payload, _ = answers.refused(API, refusal, invocation.invocation_id, record)
            respond(payload, None)
        else:
            respond(self._submit(pipeline, attempt, (name, text), time_left(invocation)), None)
        self._recorder.store(attempt)

    def _told_where(self, attempt: Attempt, call: Call) -> bytes:
        """Where the caller may put an input that no call has room for."""
        from mlfn.runtime.large_inputs import place_for  # noqa: PLC0415 - only for large inputs

        self._callee(call)
        body = place_for(call, self._home())
        self._recorder.started(attempt)
        record = self._recorder.ended(attempt, COMPLETED, {**self._recorder.output(body), "os": ASKED})
        return answers.success(API, body, record, CONTENT_TYPES[UPLOAD])

    def _callee(self, call: Call) -> Pipeline:
        """The pipeline, if the caller may call it."""
        if call.refusal is not None or self._pipeline is None:
            raise call.refusal or Refusal(WRONG_INGRESS, "There is no such pipeline.", status=404)
        if not is_allowed(call.caller, self._manifest):
            raise Refusal(ACCESS, f"This caller may not call {self._manifest.name}.", status=403)
        return self._pipeline

    def _admit(self, attempt: Attempt, call: Call) -> Pipeline:
        pipeline = self._callee(call)
        if call.asks == REFERENCE:
            from mlfn.runtime.large_inputs import fetched  # noqa: PLC0415 - only for large inputs

            call.body = fetched(call, self._home())
            self._recorder.received(attempt, call.body)
        body = call.body or (b"{}" if not self._manifest.parameters else b"")
        if pipeline.contract is not None and self._manifest.mode != BATCH:
            pipeline.contract.arguments(body)
        else:
            strict_json.check(body)
        if MARK.encode() in body or b"\\u" in body:
            from mlfn.runtime.spilling import refuse_marks  # noqa: PLC0415 - only where there might be one

            refuse_marks(body)
        return pipeline

    def _input(self, attempt: Attempt, call: Call) -> str:
        """The execution's input: the body as it came, and who sent it."""
        caller = {"id": call.caller.id, "type": call.caller.type, "assurance": call.caller.assurance}
        about = encode({"caller": caller, "record": self._recorder.record_id(attempt, STARTED)})
        text = f'{{"input":{self._travelling(attempt, call.body).decode() or "{}"},"mlfn":{about}}}'
        if len(text.encode()) > LARGEST_INPUT:
            message = f"The input is larger than an execution takes ({LARGEST_INPUT} bytes)."
            raise Refusal("PayloadTooLarge", message, status=413)
        return text

    def _travelling(self, attempt: Attempt, body: bytes) -> bytes:
        """The input as it travels: large parts are kept in S3, lines are there."""
        if self._manifest.mode == BATCH:
            from mlfn.ingress.batches import batch_input  # noqa: PLC0415 - only for batch pipelines

            return batch_input(body, self._home())
        if len(body) * 2 <= self._manifest.room:
            return body
        from mlfn.runtime.large_values import departing  # noqa: PLC0415 - only for large values

        return departing(body, (self._manifest.room, self._manifest.inline), attempt, self._recorder)

    def _submit(self, pipeline: Pipeline, attempt: Attempt, run: tuple[str, str], timeout_s: float) -> bytes:
        name, text = run
        sync = pipeline.manifest.mode == "sync"
        try:
            submit = self._executions.run if sync else self._executions.start
            outcome = submit(pipeline.machine, name, text, timeout_s=timeout_s)
        except AwsError as error:
            if error.code != "ExecutionAlreadyExists":
                return self._unreachable(attempt, error)
            return self._started_before(pipeline, attempt, run, timeout_s)
        except ExchangeError as error:
            return self._unreachable(attempt, error)
        if not sync:
            return self._accepted(attempt, outcome, name)
        return self._finished(attempt, outcome, name)

    def _started_before(self, pipeline: Pipeline, attempt: Attempt, run: tuple[str, str], timeout_s: float) -> bytes:
        """Asked for again under the same key: the same run, if it is the same request."""
        name, text = run
        try:
            earlier = self._executions.describe(pipeline.machine, name, timeout_s=timeout_s)
        except (AwsError, ExchangeError) as error:
            return self._unreachable(attempt, error)
        if earlier is not None and is_same_request(text, earlier):
            return self._accepted(attempt, earlier, name)
        record = self._recorder.ended(attempt, ERROR, {"er": REUSED})
        return answers.problem(409, REUSED, "This Idempotency-Key was used for another request.", record)

    def _finished(self, attempt: Attempt, outcome: Outcome, name: str) -> bytes:
        headers = {answers.EXECUTION_HEADER: name}
        if outcome.status == "SUCCEEDED":
            return self._answered(attempt, outcome, headers)
        failure = Failure(outcome)
        return self._failed(attempt, outcome, (failure.status, failure.error_type, failure.detail), headers)

    def _answered(self, attempt: Attempt, outcome: Outcome, headers: dict[str, str]) -> bytes:
        """The run's value, with what was kept of it elsewhere."""
        body, record = (outcome.output or "null").encode(), self._recorder.record_id(attempt, COMPLETED)
        try:
            if MARK_BYTES in body:
                from mlfn.ingress.kept_answers import answered  # noqa: PLC0415 - only for large values
                from mlfn.runtime.large_values import arrived  # noqa: PLC0415 - as above

                body = arrived(body, attempt, self._recorder)
                payload = answered(body, self._home, record, headers)
            else:  # what travels between states is far below the limit
                payload = answers.http_answer(200, body.decode(), "application/json", record, headers)
        except Refusal as refusal:
            return self._failed(attempt, outcome, (refusal.status, refusal.error_type, refusal.message), headers)
        facts = {"ex": outcome.arn, **self._recorder.output(body), **opened.data_facts()}
        self._recorder.ended(attempt, COMPLETED, facts)
        return payload

    def _failed(
        self, attempt: Attempt, outcome: Outcome, failure: tuple[int, str, str], headers: dict[str, str]
    ) -> bytes:
        status, error_type, detail = failure
        facts = {"er": error_type, "ex": outcome.arn, **opened.data_facts()}
        record = self._recorder.ended(attempt, ERROR, facts)
        return answers.problem(status, error_type, detail, record, headers=headers)

    def _accepted(self, attempt: Attempt, outcome: Outcome, name: str) -> bytes:
        """An asynchronous run's record completes when the run is accepted: its result is in the steps' records."""
        record = self._recorder.ended(attempt, COMPLETED, {"ex": outcome.arn, **opened.data_facts()})
        body = encode({"execution": name, "status": outcome.status})
        location = {"location": f"/pipelines/{self._manifest.name}/{name}"}
        return answers.http_answer(202, body, "application/json", record, location)

    def _unreachable(self, attempt: Attempt, error: AwsError | ExchangeError) -> bytes:
        status = 504 if isinstance(error, ExchangeError) else 502
        error_type = error.code if isinstance(error, AwsError) else "StepFunctionsUnavailable"
        record = self._recorder.ended(attempt, ERROR, {"er": error_type})
        return answers.problem(status, error_type, _reason(error), record)


def _route(call: Call) -> tuple[str, list[str]]:
    context = call.event.get("requestContext") or {}
    path = call.event.get("rawPath")
    segments = [part for part in path.split("/") if part] if isinstance(path, str) else []
    return str((context.get("http") or {}).get("method", "POST")).upper(), segments


def _is_for_blobs(method: str, segments: list[str]) -> bool:
    asked = len(segments) == _SEGMENTS_OF_A_RUN + (method == "GET")
    return asked and segments[2] == "blobs"


def _rejected(refusal: Refusal) -> Wire:
    return {"er": refusal.error_type}


def _progress(name: str, outcome: Outcome) -> str:
    body: dict[str, Any] = {"execution": name, "status": outcome.status}
    if outcome.status == "SUCCEEDED":
        body["output"] = decode(outcome.output or "null")
    elif outcome.status != "RUNNING":
        failure = Failure(outcome)
        body |= {"error": failure.error_type, "detail": failure.detail}
    return encode(body)


def _reason(error: Exception) -> str:
    return f"Step Functions did not take the call: {type(error).__name__}."
