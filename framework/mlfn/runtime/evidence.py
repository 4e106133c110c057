"""What a model asked its records to say beyond digests: kept payloads, a sketch, a summary of the result."""

from __future__ import annotations

from time import time

from mlfn.audit.codec import base64url, fit
from mlfn.runtime.capture import Capture, LostError
from mlfn.runtime.core import resolve
from mlfn.runtime.hiding import hidden
from mlfn.runtime.recorder import COMPLETED, ERROR
from mlfn.runtime.refusal import AUDIT, Refusal
from mlfn.runtime.sketch import Sketch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mlfn.audit.codec import Wire
    from mlfn.runtime.calls import Call
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt, Recorder

SUMMARY_LIMIT = 200
_RESERVE_S = 0.2


class Evidence:
    """Gathers it, call by call."""

    def __init__(self, manifest: Manifest, recorder: Recorder, environ: Mapping[str, str]) -> None:
        self._recorder = recorder
        self._strict = manifest.strict
        self._capture = Capture(manifest, environ, recorder.keyed) if manifest.capture != "hash" else None
        self._mode = manifest.capture
        self._sketch = Sketch(manifest.sketch) if manifest.sketch else None
        self._summary: Callable[[Any], Any] | None = resolve(manifest.summary) if manifest.summary else None

    def of_result(self, attempt: Attempt, call: Call, result: Any, body: bytes) -> Wire:
        """The fields of a completed call.

        Raises:
            Refusal: a strict model's payload cannot be kept, so that its result is withheld.
        """
        facts = self._payload(attempt, COMPLETED, {"input": call.body or b"{}", "output": body})
        if self._strict and "pp" not in facts and facts.get("pc", "hash") != "hash":
            raise Refusal(AUDIT, "The call's payload cannot be kept now; the result is withheld.", status=503)
        if self._sketch is not None:
            facts["sb"] = base64url(self._sketch.of(call.body or b"{}", body))
        if self._summary is not None:
            facts |= self._summed_up(self._summary, result)
        return facts

    def of_failure(self, attempt: Attempt, call: Call) -> Wire:
        """The fields of a call that failed inside the model."""
        return self._payload(attempt, ERROR, {"input": call.body or b"{}"})

    def _payload(self, attempt: Attempt, phase: str, sides: dict[str, bytes]) -> Wire:
        if self._capture is None or not self._capture.is_wanted(attempt.invocation):
            return {}
        limit_s = max(attempt.deadline_s - time() - _RESERVE_S, 0.0) if attempt.deadline_s else float("inf")
        try:
            return self._capture.take(self._recorder.record_id(attempt, phase), attempt, sides, limit_s)
        except LostError as error:
            # The record says what was to be kept, and names no place: that is the loss, on record.
            self._recorder.count("AuditCaptureLost", attempt.manifest.id, f"the payload is lost: {error}")
            return {"pc": self._mode}

    def _summed_up(self, summary: Callable[[Any], Any], result: Any) -> Wire:
        try:
            text = summary(result)
        except Exception as error:  # the user's function; the call itself has succeeded
            self._recorder.say(f"the summary failed: {type(error).__name__}")
            return {}
        if not isinstance(text, str) or not text:
            return {}
        return {"os": fit(hidden(text), SUMMARY_LIMIT)}
