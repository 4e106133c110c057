"""A model's image: load it once, then validate, run, check and record each call."""

from __future__ import annotations

import sys
from os import _exit, environ, getpid

from mlfn.audit.codec import ASKED
from mlfn.runtime import answers, opened
from mlfn.runtime.allowing import is_allowed
from mlfn.runtime.calls import (
    API,
    CONTENT_TYPES,
    KEPT,
    KEPT_BYTES,
    MARK_BYTES,
    REFERENCE,
    STEP_FUNCTIONS,
    UPLOAD,
    read_call,
)
from mlfn.runtime.contract import InputContract, OutputContract, discreet, input_contract, output_contract
from mlfn.runtime.core import resolve
from mlfn.runtime.identity import PROVEN
from mlfn.runtime.recorder import COMPLETED, ERROR, REJECTED
from mlfn.runtime.refusal import ACCESS, AUDIT, CONTRACT, Refusal, at_step
from mlfn.runtime.stack import InitError, discreet_envelope, envelope, error_body, report, stack_digest
from mlfn.shadowing import SHADOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlfn.audit.codec import Wire
    from mlfn.runtime.api import Invocation
    from mlfn.runtime.blob_home import BlobHome
    from mlfn.runtime.calls import Call
    from mlfn.runtime.evidence import Evidence
    from mlfn.runtime.log import Log
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt, Recorder
    from mlfn.runtime.shadows import Shadows

    Respond = Callable[[bytes, str | None], int]


class Model:
    """One model with its contract, answering events."""

    def __init__(
        self,
        manifest: Manifest,
        handler: Callable[..., Any],
        contracts: tuple[InputContract, OutputContract],
        recorder: Recorder,
        log: Log,
        evidence: Evidence | None,
        home: BlobHome | None,
    ) -> None:
        self._manifest = manifest
        self._handler = handler
        self._input, self._output = contracts
        self._recorder = recorder
        self._log = log
        self._evidence = evidence
        self._home = home
        self._shadows = _shadows(manifest, recorder)

    def handle(self, invocation: Invocation, respond: Respond) -> None:
        """Answer an event, and leave its records."""
        call = read_call(invocation)
        if self._home is not None and call.ingress == API and self._asked_for_blobs(self._home, call, respond):
            return
        attempt = self._recorder.begin(self._manifest, invocation, call)
        opened.forget()
        if call.asks == UPLOAD:
            self._tell_where(attempt, call, respond)
            return
        try:
            arguments = self._admit(attempt, call)
            self._recorder.started(attempt)
        except Refusal as refusal:
            self._refuse(attempt, call, refusal, respond)
            return
        except Exception as error:  # a validator of the user's types failed, in its own way
            self._fail(attempt, call, error, respond, {})
            return
        self._run(attempt, call, arguments, respond)
        if self._shadows is not None:
            self._shadows.after(attempt, call)

    def _asked_for_blobs(self, home: BlobHome, call: Call, respond: Respond) -> bool:
        """Whether this is no call, but the way to a blob's content, which is told."""
        from mlfn.runtime.blob_routes import answer, segments_of  # noqa: PLC0415 - only where there are blobs

        is_asked = segments_of(call)[2:3] == ["blobs"]
        if is_asked:
            respond(answer(call, home, self._manifest), None)
        return is_asked

    def _tell_where(self, attempt: Attempt, call: Call, respond: Respond) -> None:
        """Say where the caller may put an input that no call has room for."""
        from mlfn.runtime.large_inputs import place_for  # noqa: PLC0415 - only for large inputs

        try:
            self._check_caller(call)
            body = place_for(call, self._place())
            self._recorder.started(attempt)
        except Refusal as refusal:
            self._refuse(attempt, call, refusal, respond)
            return
        record = self._recorder.ended(attempt, COMPLETED, {**self._recorder.output(body), "os": ASKED})
        self._send(attempt, call, (answers.success(call.ingress, body, record, CONTENT_TYPES[UPLOAD]), None), respond)

    def _place(self) -> BlobHome | None:
        """Where this model's inputs and answers lie that no call has room for."""
        from mlfn.runtime.blob_home import BlobHome  # noqa: PLC0415 - only for large inputs and answers
        from mlfn.runtime.large_values import calls_prefix  # noqa: PLC0415 - only for large inputs and answers

        is_there = bool(environ.get("MLFN_DATA_BUCKET"))
        return BlobHome(calls_prefix(self._manifest.id), environ, self._recorder) if is_there else None

    def _check_caller(self, call: Call) -> None:
        if call.refusal is not None:
            raise call.refusal
        known = call.ingress == API or call.caller.assurance == PROVEN
        if known and not is_allowed(call.caller, self._manifest):
            raise Refusal(ACCESS, f"This caller may not call {self._manifest.name}.", status=403)

    def _admit(self, attempt: Attempt, call: Call) -> dict[str, Any]:
        """The handler's arguments, if the call may be made and fits the contract."""
        self._check_caller(call)
        if call.asks == REFERENCE:
            from mlfn.runtime.large_inputs import fetched  # noqa: PLC0415 - only for large inputs

            call.body = fetched(call, self._place())
            self._recorder.received(attempt, call.body)
        if call.ingress == STEP_FUNCTIONS and MARK_BYTES in call.body:
            from mlfn.runtime.large_values import arrived  # noqa: PLC0415 - only for large values

            call.body = arrived(call.body, attempt, self._recorder)
        return self._input.arguments(call.body or (b"{}" if not self._manifest.parameters else b""))

    def _run(self, attempt: Attempt, call: Call, arguments: dict[str, Any], respond: Respond) -> None:
        try:
            result = _called(self._handler, arguments)
            body = self._output.body(result)
        except Refusal as refusal:
            self._fail_contract(attempt, call, refusal, respond)
        except Exception as error:
            self._fail(attempt, call, error, respond, self._kept_input(attempt, call))
        except BaseException as error:
            # sys.exit() and the like end the environment, as in Lambda's own runtime; the record comes first.
            self._log.flush()
            self._recorder.ended(attempt, ERROR, _error_facts(error) | opened.data_facts())
            self._recorder.store(attempt)
            if self._manifest.sensitive:
                raise SystemExit(1) from None  # the interpreter would print what the other says
            raise
        else:
            self._complete(attempt, call, (result, body), respond)

    def _complete(self, attempt: Attempt, call: Call, answer: tuple[Any, bytes], respond: Respond) -> None:
        result, body = answer
        try:
            payload = self._payload(attempt, call, body)
        except Refusal as refusal:
            self._fail_contract(attempt, call, refusal, respond)
            return
        facts = {**self._recorder.output(body), **opened.data_facts()}
        if self._evidence is not None:
            try:
                facts |= self._evidence.of_result(attempt, call, result, body)
            except Refusal as refusal:
                self._fail_contract(attempt, call, refusal, respond)
                return
        if call.ingress == SHADOW:
            from mlfn.runtime.comparing import compared  # noqa: PLC0415 - only where copies arrive

            facts["os"] = compared(call.event.get("output"), body, discreet=self._manifest.sensitive)
        call.output = body
        self._log.flush()
        self._recorder.ended(attempt, COMPLETED, facts)
        self._send(attempt, call, (payload, None), respond)

    def _payload(self, attempt: Attempt, call: Call, body: bytes) -> bytes:
        """What carries the result to the caller; one that no call has room for is kept, and its caller led there."""
        record = self._recorder.record_id(attempt, COMPLETED)
        payload = answers.success(call.ingress, self._sent(attempt, call, body), record)
        if call.takes_kept and body.startswith(KEPT_BYTES):
            raise Refusal(CONTRACT, f"The key {KEPT!r} is reserved.", status=500)
        if len(payload) <= answers.LARGEST:
            return payload
        from mlfn.runtime.kept_answers import model_answer  # noqa: PLC0415 - only for large answers

        return model_answer(call, body, self._place, record)

    def _sent(self, attempt: Attempt, call: Call, body: bytes) -> bytes:
        """The result as it travels: between states, large parts are kept in S3."""
        if call.ingress != STEP_FUNCTIONS or (len(body) * 2 <= call.room and MARK_BYTES not in body):
            return body
        from mlfn.runtime.large_values import departing  # noqa: PLC0415 - only for large values

        return departing(body, (call.room, call.event.get("inline")), attempt, self._recorder)

    def _fail(self, attempt: Attempt, call: Call, error: Exception, respond: Respond, kept: Wire) -> None:
        """Tell of an exception of the model."""
        body = (discreet_envelope if self._manifest.sensitive else envelope)(error, attempt.invocation)
        self._log.flush()
        report(self._log, body)
        record = self._recorder.ended(attempt, ERROR, _error_facts(error) | opened.data_facts() | kept)
        self._send(attempt, call, answers.failed(call.ingress, body, record), respond)

    def _fail_contract(self, attempt: Attempt, call: Call, refusal: Refusal, respond: Respond) -> None:
        """Tell that the model's result cannot go out."""
        if self._manifest.sensitive:
            refusal = discreet(refusal)
        if call.ingress == STEP_FUNCTIONS:
            refusal = at_step(refusal, call.event.get("state"))
        report(self._log, error_body(refusal.error_type, refusal.message, attempt.invocation))
        kept = {} if refusal.error_type == AUDIT else self._kept_input(attempt, call)
        facts = {"er": refusal.error_type, **opened.data_facts(), **kept}
        record = self._recorder.ended(attempt, ERROR, facts)
        self._send(attempt, call, answers.refused(call.ingress, refusal, attempt.invocation, record), respond)

    def _refuse(self, attempt: Attempt, call: Call, refusal: Refusal, respond: Respond) -> None:
        """Turn a call away before the model runs; of what it sent, its digest is kept."""
        if self._manifest.sensitive:
            refusal = discreet(refusal)
        if call.ingress == STEP_FUNCTIONS:
            refusal = at_step(refusal, call.event.get("state"))
        facts = {"er": refusal.error_type}
        record = self._recorder.ended(attempt, REJECTED, facts)
        payload, error_type = answers.refused(call.ingress, refusal, attempt.invocation, record)
        if refusal.error_type == AUDIT:
            respond(payload, error_type)
            # The table has just had its time; what is left to do is to spool the record.
            self._recorder.store(attempt, budget_s=0.0)
            return
        self._send(attempt, call, (payload, error_type), respond)

    def _kept_input(self, attempt: Attempt, call: Call) -> Wire:
        return {} if self._evidence is None else self._evidence.of_failure(attempt, call)

    def _send(self, attempt: Attempt, call: Call, answer: tuple[bytes, str | None], respond: Respond) -> None:
        """Standard: answer, then store. Strict: store, then answer, or say that it could not be stored."""
        if not attempt.strict:
            respond(*answer)
            self._recorder.store(attempt)
            return
        if not self._recorder.store(attempt):
            refusal = Refusal(AUDIT, "The audit trail cannot be written now; the result is withheld.", status=503)
            answer = answers.refused(call.ingress, refusal, attempt.invocation, None)
        respond(*answer)


def load_model(manifest: Manifest, recorder: Recorder, log: Log) -> Model:
    """Import a model's code, run its load hook and build its contract.

    Raises:
        InitError: what Lambda's own runtime would report.
    """
    home = _home(manifest, recorder)
    handler = _imported(manifest.entrypoint)
    if manifest.load is not None:
        _imported(manifest.load)()
    contracts = (
        input_contract(manifest.input, manifest.parameters, handler),
        output_contract(manifest.output, handler),
    )
    return Model(manifest, handler, contracts, recorder, log, _evidence(manifest, recorder), home)


def _home(manifest: Manifest, recorder: Recorder) -> BlobHome | None:
    """Where the contents of blobs lie, for models that take or give some."""
    if not manifest.blobs:
        return None
    from mlfn.runtime.blob_home import move_in  # noqa: PLC0415 - signing and S3 are paid for by those who use them

    return move_in(manifest.app, environ, recorder)


def _shadows(manifest: Manifest, recorder: Recorder) -> Shadows | None:
    """What copies calls for another version; only functions in AWS have one."""
    if not environ.get("MLFN_DATA_BUCKET") or not environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        return None
    from mlfn.runtime.shadows import Shadows  # noqa: PLC0415 - not in containers, which have no versions

    return Shadows(manifest, environ, recorder)


def _evidence(manifest: Manifest, recorder: Recorder) -> Evidence | None:
    """What gathers more than digests, for models that ask for it."""
    if manifest.capture == "hash" and manifest.summary is None and not manifest.sketch:
        return None
    from mlfn.runtime.evidence import Evidence  # noqa: PLC0415 - signing and S3 are paid for by those who use them

    return Evidence(manifest, recorder, environ)


def _called(handler: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """The handler's result; a child that it has forked ends where a program would, and never answers or records."""
    environment = getpid()
    try:
        return handler(**arguments)
    finally:
        if getpid() != environment:
            _end_child()


def _end_child() -> None:
    error = sys.exception()
    code = 0 if error is None else getattr(error, "code", 1)
    sys.stdout.flush()
    _exit(code if isinstance(code, int) else int(code is not None))


def _imported(entrypoint: str) -> Callable[..., Any]:
    """The function `module:name`, or the error that Lambda's own runtime gives for it."""
    module, _, name = entrypoint.partition(":")
    try:
        __import__(module)
        function: Callable[..., Any] = resolve(entrypoint)
    except ImportError as error:
        text = f"Unable to import module '{module}': {error}"
        raise InitError(error_body("Runtime.ImportModuleError", text, "")) from error
    except SyntaxError as error:
        text = f"Syntax error in module '{module}': {error}"
        frames = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise InitError(error_body("Runtime.UserCodeSyntaxError", text, "", frames)) from error
    except AttributeError as error:
        if module not in sys.modules:
            raise
        text = f"Handler '{name}' missing on module '{module}'"
        raise InitError(error_body("Runtime.HandlerNotFound", text, "")) from error
    return function


def _error_facts(error: BaseException) -> Wire:
    return {"er": type(error).__name__, "eh": stack_digest(error)}
