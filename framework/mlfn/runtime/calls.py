"""What an event asks for, by the alias it came through: one shape per ingress, any other is refused."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from os import environ

from mlfn.audit.codec import fit
from mlfn.jsontext import decode, encode
from mlfn.runtime.identity import (
    CLAIMED,
    Caller,
    copied_caller,
    direct_caller,
    execution_caller,
    gateway_caller,
    proof_of,
    proven_caller,
    takes_kept,
)
from mlfn.runtime.refusal import CONTRACT, WRONG_INGRESS, Refusal
from mlfn.shadowing import SHADOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlfn.runtime.api import Invocation

API = "api"
STEP_FUNCTIONS = "sfn"
LIVE = "live"
NOBODY = Caller(None, "unknown", 0, "direct")
"""Whoever has not said who it is."""
MARK = "mlfn:spilled"
"""The key of a reference to a value that is too large to travel between states; no value may have it."""
MARK_BYTES = b'"mlfn:spilled"'
KEPT = "mlfn:kept"
"""The one key of what leads a direct caller to an answer that no call has room for; no answer may begin with it."""
KEPT_BYTES = b'{"mlfn:kept"'
UPLOAD, REFERENCE = "upload", "reference"
"""What callers send in place of an input that no call has room for: what it is, then where it is."""
CONTENT_TYPES = {each: f"application/vnd.mlfn.{each}" for each in (UPLOAD, REFERENCE)}
"""The content types that say so; none of JSON's, so that versions which do not know them answer 415."""
ROOM = 65_536
"""Bytes that a value may take between states, unless the state says otherwise: one payload has room for three."""
_ID_LIMIT = 64
"""A record's id has 26 characters; a state's input may hold anything."""


class Call:
    """A call, whatever it came through: the raw bytes that are digested, the caller, and fields for its record."""

    __slots__ = (
        "alias",
        "asks",
        "body",
        "caller",
        "event",
        "facts",
        "ingress",
        "is_untold",
        "output",
        "refusal",
        "takes_kept",
    )

    def __init__(self, alias: str | None, body: bytes) -> None:
        self.alias = alias
        self.ingress = alias if alias in (API, STEP_FUNCTIONS, SHADOW) else LIVE
        self.body = body
        self.output: bytes | None = None
        """The result, once there is one."""
        self.caller = NOBODY
        self.facts: dict[str, Any] = {}
        """Fields of the record that this ingress knows, in wire form, not yet cut to size."""
        self.event: dict[str, Any] = {}
        self.refusal: Refusal | None = None
        self.asks = ""
        """`UPLOAD`: where to put an input. `REFERENCE`: the body says where it is. Nothing: the body is the input."""
        self.takes_kept = False
        """A direct caller that follows an answer to where it is kept."""
        self.is_untold = False
        """Which ingress it is was seen from its shape alone."""

    @property
    def room(self) -> int:
        """The bytes that the result may take between states."""
        room = self.event.get("room")
        return room if type(room) is int else ROOM


def read_call(invocation: Invocation) -> Call:
    """The call in an event; one of the wrong shape carries its refusal, so that it can be recorded."""
    call = Call(invocation.alias, invocation.payload)
    if call.ingress == LIVE and call.alias != LIVE:
        _read_untold(call)
    try:
        if call.ingress == API:
            _read_gateway(call)
        elif call.ingress == STEP_FUNCTIONS:
            _read_task(call)
        elif call.ingress == SHADOW:
            _read_copy(call)
        else:
            _read_direct(call, invocation)
    except Refusal as refusal:
        call.refusal = refusal
    if call.is_untold:
        call.caller = Caller(call.caller.id, call.caller.type, CLAIMED, call.caller.path)
    return call


def _read_untold(call: Call) -> None:
    """Where the deployer says that API and state machines call a version, not an alias, the event's shape decides.

    Whoever may invoke a version by its number can send any shape, so that nobody vouches for its caller.
    """
    if environ.get("MLFN_INGRESS") != "shape" or not (call.alias or "").isdigit():
        return
    event = _object(call.body)
    if event.keys() >= _GATEWAYS:
        call.ingress, call.is_untold = API, True
    elif event.get("mlfn") == 1 and "input" in event:
        call.ingress, call.is_untold = SHADOW if event.get("shadow") == 1 else STEP_FUNCTIONS, True


_GATEWAYS = {"requestContext", "headers"}
"""Keys of API Gateway's events."""


def _read_gateway(call: Call) -> None:
    event = _object(call.body)
    context = event.get("requestContext")
    if event.get("version") != "2.0" or not isinstance(context, dict) or not isinstance(context.get("http"), dict):
        raise _wrong("API Gateway events (payload format 2.0)", "api")
    http = context["http"]
    call.event = event
    call.caller = gateway_caller(context)
    call.facts = _texts(
        ip=http.get("sourceIp"), ua=http.get("userAgent"), ai=context.get("apiId"), gr=context.get("requestId")
    )
    call.body = _body(call, event)


def _read_task(call: Call) -> None:
    event = _object(call.body)
    if event.get("mlfn") != 1 or not isinstance(event.get("input"), str):
        raise _wrong("a state machine's tasks", "sfn")
    execution = _text(event.get("execution"))
    call.event = event
    call.caller = execution_caller(event.get("caller"), execution)
    call.facts = _texts(ex=execution, sn=event.get("state")) | _counts(rc=event.get("retry"), rd=event.get("redrive"))
    _read_passed_on(call)


def _read_copy(call: Call) -> None:
    """A call that another version has answered; the function that sent it vouches for what it says of the caller."""
    event = _object(call.body)
    if event.get("mlfn") != 1 or event.get("shadow") != 1 or not isinstance(event.get("input"), str):
        raise _wrong("copies of calls", SHADOW)
    call.event = event
    call.caller = copied_caller(event.get("caller"))
    _read_passed_on(call)


def _read_passed_on(call: Call) -> None:
    """The input and the parents, where another part of mlfn passes them on."""
    parents = call.event.get("parents")
    if isinstance(parents, list) and (known := [fit(part, _ID_LIMIT) for part in parents if isinstance(part, str)]):
        call.facts["pa"] = known
    try:
        call.body = call.event["input"].encode()
    except UnicodeEncodeError:
        raise Refusal(CONTRACT, "The input holds half a surrogate pair.") from None


def _read_direct(call: Call, invocation: Invocation) -> None:
    if b'"requestContext"' in call.body and _object(call.body).keys() >= _GATEWAYS:
        raise _wrong("the input itself", "live")
    if b'"mlfn"' in call.body:
        _read_envelope(call)
    if not invocation.client_context:
        return
    context = _object(invocation.client_context)
    call.caller = direct_caller(context)
    call.takes_kept = takes_kept(context)
    if (proof := proof_of(context)) is not None:
        from mlfn.runtime.proofs import check_proof  # noqa: PLC0415 - only for callers that bring one

        call.caller = proven_caller(check_proof(proof, invocation.arn))


def _read_envelope(call: Call) -> None:
    """What comes in place of a large input; a state machine's shape is refused, as it wants to be taken for one."""
    event = _object(call.body)
    if not {"mlfn", "input"} <= event.keys():
        return
    if event["mlfn"] not in (UPLOAD, REFERENCE):
        raise _wrong("the input itself", "live")
    call.asks, call.body = event["mlfn"], encode(event["input"]).encode("utf-8", "replace")


_ASKS = {kind: asks for asks, kind in CONTENT_TYPES.items()}


def _body(call: Call, event: dict[str, Any]) -> bytes:
    headers = event.get("headers")
    headers = headers if isinstance(headers, dict) else {}
    encoding = _text(headers.get("content-encoding")).lower()
    if encoding not in ("", "identity"):
        raise Refusal("UnsupportedMediaType", f"The body is {encoding}-encoded; send it as it is.", status=415)
    kind = _text(headers.get("content-type")).partition(";")[0].strip().lower()
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        call.asks = _ASKS.get(kind, "")
        if not call.asks:
            raise Refusal("UnsupportedMediaType", f"The body is {kind}; send application/json.", status=415)
    body = event.get("body")
    if not isinstance(body, str):
        return b""
    try:
        return a2b_base64(body, strict_mode=True) if event.get("isBase64Encoded") else body.encode()
    except (Base64Error, UnicodeEncodeError):
        raise Refusal(CONTRACT, "The body is not text in UTF-8.") from None


def _object(payload: bytes) -> dict[str, Any]:
    try:
        event = decode(payload.decode())
    except (ValueError, RecursionError):
        event = None
    return event if isinstance(event, dict) else {}


def _wrong(expected: str, alias: str) -> Refusal:
    return Refusal(
        WRONG_INGRESS,
        f"The alias {alias} takes {expected}. Call the API's URL, or the alias live with the input alone.",
        status=403,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if isinstance(value, str) and value}


def _counts(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if type(value) is int and 0 <= value < 2**31}
