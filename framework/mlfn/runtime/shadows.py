"""Copies of a share of the calls for another version, sent once the caller has its answer (docs/shadow.md)."""

from __future__ import annotations

from time import time

from mlfn.runtime.recorder import COMPLETED, ERROR
from mlfn.shadowing import SHADOW, is_copied, settings_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mlfn.runtime.calls import Call
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Attempt, Recorder

LOOK_S, LOOK_EMULATOR_S = 60.0, 1.0
"""How long an environment goes by what it knows: a version's own variables cannot be changed."""
BUDGET_S = 1.0
"""What a look and a copy may take at most, each: some milliseconds as a rule, and AWS bills this time."""
LARGEST = 1_048_576
"""Bytes of an asynchronous call (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
_RESERVE_S = 0.1


class Shadows:
    """Knows whether one model's calls are copied, and copies them."""

    __slots__ = ("_connection", "_environ", "_every_s", "_known_until", "_manifest", "_percent", "_recorder")

    def __init__(self, manifest: Manifest, environ: Mapping[str, str], recorder: Recorder) -> None:
        self._manifest = manifest
        self._environ = environ
        self._recorder = recorder
        self._every_s = LOOK_EMULATOR_S if "AWS_ENDPOINT_URL" in environ else LOOK_S
        self._known_until = 0.0
        self._percent = 0
        self._connection: Any = None

    def after(self, attempt: Attempt, call: Call) -> None:
        """Copy a call that has been answered, if it is among those copied; whatever fails, the next call is served."""
        try:
            self._after(attempt, call)
        except Exception as error:  # the caller has its answer: nothing about a copy may end the environment
            self._percent = 0
            self._recorder.say(f"the shadow gets no copy: {type(error).__name__}")

    def _after(self, attempt: Attempt, call: Call) -> None:
        now = time()
        left_s = attempt.deadline_s - now - _RESERVE_S if attempt.deadline_s else BUDGET_S
        if call.ingress == SHADOW or left_s <= 0:
            return
        if now >= self._known_until:
            self._percent = self._look(min(left_s, BUDGET_S))
            self._known_until = now + self._every_s
        if self._percent and is_copied(attempt.invocation, self._percent):
            self._copy(attempt, call, min(left_s, BUDGET_S))

    def _look(self, limit_s: float) -> int:
        """The share of the calls that are copied, in per cent; who may not read that has no shadow.

        Where S3 does not answer, what was known holds.
        """
        from mlfn.errors import DataError  # noqa: PLC0415 - after the first answer
        from mlfn.runtime.http import ExchangeError  # noqa: PLC0415 - as above
        from mlfn.runtime.s3 import get_object  # noqa: PLC0415 - as above

        bucket, key = self._environ.get("MLFN_DATA_BUCKET", ""), settings_key(self._manifest.id)
        try:
            told = get_object(bucket, key, None, self._environ, timeout_s=limit_s).body
        except DataError as error:
            return self._percent if isinstance(error.__cause__, ExchangeError) else 0
        return int(told) if told.isdigit() and len(told) <= 3 else 0

    def _copy(self, attempt: Attempt, call: Call, limit_s: float) -> None:
        from mlfn.jsontext import encode  # noqa: PLC0415 - only while there is a shadow

        caller = {"id": call.caller.id, "type": call.caller.type, "assurance": call.caller.assurance}
        event: dict[str, Any] = {"mlfn": 1, "shadow": 1, "caller": caller}
        event["parents"] = [attempt.ids[phase] for phase in (COMPLETED, ERROR) if phase in attempt.ids][-1:]
        event["input"] = call.body.decode("utf-8", "replace")
        if call.output is not None:
            event["output"] = call.output.decode()
        payload = encode(event).encode("utf-8", "replace")
        if len(payload) > LARGEST:
            self._recorder.say(f"the shadow gets no copy: it would have {len(payload)} bytes of {LARGEST}")
            return
        problem = self._sent(payload, limit_s)
        if problem:
            # The stack that lets us may be gone: no more until the next look.
            self._percent = 0
            self._recorder.say(f"the shadow gets no copy: {problem}")

    def _sent(self, payload: bytes, limit_s: float) -> str:
        """Why a copy could not be handed over, or nothing."""
        from mlfn.runtime.aws import region_of, service_url, wire  # noqa: PLC0415 - only while there is a shadow
        from mlfn.runtime.http import Connection, Endpoint, ExchangeError  # noqa: PLC0415 - as above
        from mlfn.runtime.sigv4 import Credentials, Request, sign  # noqa: PLC0415 - as above

        endpoint = Endpoint(service_url("lambda", self._environ))
        if self._connection is None:
            self._connection = Connection(endpoint)
        path = f"/2015-03-31/functions/{self._environ['AWS_LAMBDA_FUNCTION_NAME']}/invocations"
        headers = {"host": endpoint.authority, "x-amz-invocation-type": "Event"}
        request = Request("POST", path, f"Qualifier={SHADOW}", headers, payload)
        credentials, region = Credentials.from_environ(self._environ), region_of(self._environ)
        sign(request, credentials, service="lambda", region=region, now_s=time())
        try:
            answer = self._connection.exchange(wire(request), timeout_s=limit_s)
        except ExchangeError as error:
            return str(error)
        return "" if answer.status == 202 else f"HTTP {answer.status}"
