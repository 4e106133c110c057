"""One environment as a writer of records: what is written when is AUDIT's promise (docs/audit-record.md §6)."""

from __future__ import annotations

from os import urandom
from time import monotonic, perf_counter_ns, time, time_ns

from mlfn.audit import codec
from mlfn.audit.codec import SCHEMA, SHARDED_SCHEMA, base64url, event_id, fit, hex_digest, seal
from mlfn.audit.item import LIMIT, directory_items, item_text, shrink
from mlfn.audit.lines import COLLISION, RECORD, SPOOL, line, metric_line, writer_line
from mlfn.jsontext import decode, encode, encode_text
from mlfn.runtime.calls import NOBODY
from mlfn.runtime.clock import Clock
from mlfn.runtime.data_key import KeyRing
from mlfn.runtime.forms import QUOTED, Form, json_text
from mlfn.runtime.refusal import AUDIT, Refusal
from mlfn.runtime.sinks import CollisionError, SinkUnavailableError, open_sink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from mlfn.audit.codec import Wire
    from mlfn.runtime.api import Invocation
    from mlfn.runtime.calls import Call
    from mlfn.runtime.identity import Caller
    from mlfn.runtime.log import Log
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.sinks import AuditSink

STANDARD_BUDGET_S = 0.25
"""What the put after a response may take: AWS bills this time."""
STRICT_BUDGET_S = 2.0
"""What each of the two puts of a strict call may take."""
KEY_WAIT_S = 5.0
"""What the first call of an environment may wait for the data key."""
FORMS = 64
"""Kinds of records that are kept ready: what callers send decides which fields there are."""
BACKLOG = 64
"""Records that are put again with the next call's; the log has them all."""
_RESERVE_S = 0.1

STARTED, COMPLETED, ERROR, REJECTED = "started", "completed", "error", "rejected"
_STATUS = {COMPLETED: "ok", ERROR: "error", REJECTED: "rejected"}
_LIMITS = {
    "ai": 32,
    "ca": 192,
    "ct": 16,
    "er": 64,
    "ex": 300,
    "gr": 48,
    "ip": 45,
    "iv": 40,
    "qa": 32,
    "sn": 80,
    "tp": 64,
    "ua": 96,
}
_OF_A_CALL = ("id", "at", "t0", "cs", "dl", "ib", "x", "iv", "pt", "ct", "cl")
"""Fields that the records of every call have, in the order in which they are filled in."""
_INPUT_SIZE, _FIRST_OF_ITS_OWN = _OF_A_CALL.index("ib") - 1, len(_OF_A_CALL) - 1
"""Where an attempt's values have them: all but the id, which each of its records has for itself."""


class Attempt:
    """One call on its way: what its records have in common."""

    __slots__ = ("at", "began_ns", "deadline_s", "ids", "invocation", "manifest", "names", "strict", "t0", "values")

    def __init__(self, manifest: Manifest, invocation: str, at: str, t0: str, deadline_s: float) -> None:
        self.manifest = manifest
        self.strict = manifest.strict
        self.invocation = invocation
        self.at = at
        self.t0 = t0
        self.deadline_s = deadline_s
        self.ids: dict[str, str] = {}
        self.names: tuple[str, ...] = ()
        """Which fields its records share beyond those of all of the environment's records."""
        self.values: list[object] = []
        """Their values, as a form takes them."""
        self.began_ns = perf_counter_ns()


class Recorder:
    """Writes the records of an environment: lines before, rows after the response (strict: both before)."""

    def __init__(
        self, manifest: Manifest, environ: Mapping[str, str], log: Log, *, sink: AuditSink | None = None
    ) -> None:
        self._environ = environ
        self._log = log
        self._sink = sink
        self._opened = sink is not None
        self._clock = Clock()
        self._writer = base64url(urandom(12))
        self._calls = 0
        self._sequence = 0
        self._previous: str | None = None
        self._new: list[bytes] = []
        self._backlog: list[bytes] = []
        self._listed: set[str] = set()
        self._constant = _constant(manifest, environ, self._writer)
        self._forms: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], Form] = {}
        self._keys = KeyRing(manifest.app, environ)
        self._keys.fetch()
        self._digest: Callable[[bytes], str] | None = None if self._keys.is_wanted else codec.digest
        log.line(writer_line(self._writer, manifest.id, environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")))

    def begin(self, manifest: Manifest, invocation: Invocation, call: Call) -> Attempt:
        """The start of a call of `manifest`'s model or pipeline."""
        digest = self._digest or self._keyed(manifest, invocation)
        at, t0, body, caller = f"{self._writer}:{self._calls}", self._clock.now(), call.body, call.caller
        attempt = Attempt(manifest, _fitted("iv", invocation.invocation_id), at, t0, invocation.deadline_ms / 1000)
        attempt.values = values = [
            *(at, t0, "false" if self._calls else "true", invocation.deadline_ms, len(body), self._clock.expiry_s),
            encode_text(attempt.invocation),
            *(_BY_NOBODY if caller is NOBODY else _by(caller)),
        ]
        self._calls += 1
        trace = _trace(invocation.trace) if invocation.trace else ""
        names = []
        for name, value in (("qa", call.alias), ("ca", caller.id), ("tp", trace), *call.facts.items()):
            if value is not None and value != "":
                names.append(name)
                values.append(_value(name, value))
        if digest is not None:
            names.append("ih")
            values.append(digest(body))
        attempt.names = tuple(names)
        return attempt

    def received(self, attempt: Attempt, body: bytes) -> None:
        """Say what a call's input is, where what was sent only refers to it."""
        attempt.values[_INPUT_SIZE] = len(body)
        if self._digest is not None and "ih" in attempt.names:
            attempt.values[_FIRST_OF_ITS_OWN + attempt.names.index("ih")] = self._digest(body)

    def _keyed(self, manifest: Manifest, invocation: Invocation) -> Callable[[bytes], str] | None:
        """Digests under the data key, which the first call waits for; None if it is not there, which is counted."""
        wait_s = KEY_WAIT_S if self._calls == 0 else 0.0
        if invocation.deadline_ms:
            wait_s = min(wait_s, invocation.deadline_ms / 1000 - time() - _RESERVE_S)
        key = self._keys.key(wait_s)
        if key is None:
            self.count("AuditUnkeyed", manifest.id, f"no data key: {self._keys.problem or 'it takes too long'}")
            return None
        self._constant["hk"] = key.id
        self._forms.clear()
        self._digest = key.digest
        return key.digest

    def keyed(self) -> Callable[[bytes], str] | None:
        """Digests under the data key; None without one."""
        return self._digest if self._keys.is_wanted else None

    def count(self, metric: str, model: str, why: str) -> None:
        """Count something that should not be, and say why in the log."""
        self._count(metric, model)
        self.say(why)

    def _count(self, metric: str, model: str) -> None:
        stage = self._environ.get("MLFN_STAGE", "")
        self._log.line(metric_line(metric, model, stage, time_ns() // 1_000_000))

    def say(self, text: str) -> None:
        """Write a line for people to the log."""
        self._log.line(f"mlfn: {text}\n".encode("utf-8", "replace"))

    def output(self, body: bytes) -> Wire:
        """The fields that say which result a call gave."""
        return {"ob": len(body)} if self._digest is None else {"oh": self._digest(body), "ob": len(body)}

    def record_id(self, attempt: Attempt, phase: str) -> str:
        """The id that the attempt's record of this phase has."""
        if (known := attempt.ids.get(phase)) is None:
            known = attempt.ids[phase] = event_id(attempt.invocation, attempt.at, phase)
        return known

    def started(self, attempt: Attempt) -> None:
        """Say that the model is about to run; in strict mode, durably.

        Raises:
            Refusal: nothing could be written down, so that the model must not run.
        """
        if attempt.strict and self._digest is None:
            raise Refusal(AUDIT, "The app's data key cannot be had now; the model did not run.", status=503)
        if not attempt.strict and self._log.line(line(RECORD, self._sealed(attempt, STARTED, (), ())[1])):
            return
        self._chained(attempt, STARTED, (), ())
        if not self.store(attempt):
            raise Refusal(AUDIT, "The audit trail cannot be written now; the model did not run.", status=503)

    def ended(self, attempt: Attempt, phase: str, facts: Wire) -> str:
        """Write down how a call ended, before its response goes out; gives the record's id."""
        names = ("t1", "du", *facts)
        ended_at, duration_us = self._clock.now(), (perf_counter_ns() - attempt.began_ns) // 1000
        self._chained(attempt, phase, names, [ended_at, duration_us, *[_value(*fact) for fact in facts.items()]])
        return attempt.ids[phase]

    def store(self, attempt: Attempt, *, budget_s: float | None = None) -> bool:
        """Put what is new in the table, within the budget of the attempt's mode; False if something is left."""
        if budget_s is None:
            budget_s = STRICT_BUDGET_S if attempt.strict else STANDARD_BUDGET_S
        left_s = attempt.deadline_s - time() - _RESERVE_S if attempt.deadline_s else budget_s
        deadline = monotonic() + max(min(budget_s, left_s), 0.0)
        if self._digest is None:
            self._keys.fetch()
        if not self._opened:
            self._opened = True
            self._sink = open_sink(self._environ)
        if self._sink is None:
            # Without a table (a plain Runtime Interface Emulator) the log is the trail; strict does not accept that.
            self._new.clear()
            return not attempt.strict
        return self._put_new(self._sink, deadline) and self._put_backlog(self._sink, deadline)

    def _put_new(self, sink: AuditSink, deadline: float) -> bool:
        while self._new:
            try:
                self._put(sink, self._new[0], deadline)
            except SinkUnavailableError:
                self._defer()
                return False
            del self._new[0]
        return True

    def _put_backlog(self, sink: AuditSink, deadline: float) -> bool:
        """Try what an earlier call had to defer; it is in the log, so that giving up loses nothing."""
        while self._backlog and monotonic() < deadline:
            try:
                self._put(sink, self._backlog[0], deadline)
            except SinkUnavailableError:
                self._backlog.append(self._backlog.pop(0))
                break
            del self._backlog[0]
        return True

    def _put(self, sink: AuditSink, canonical: bytes, deadline: float) -> None:
        wire = decode(canonical.decode())
        item = item_text(wire, canonical)
        try:
            self._list(sink, wire, deadline)
            sink.write(item, deadline - monotonic())
        except CollisionError:
            self._log.line(line(COLLISION, canonical))
            self._count("AuditCollision", wire["m"])

    def _list(self, sink: AuditSink, wire: Wire, deadline: float) -> None:
        """Enter the record's hour in its model's directory, once for each environment."""
        for item in directory_items(wire):
            key = f"{item['pk']['S']}#{item['sk']['S']}"
            if key in self._listed:
                continue
            sink.write(encode(item), deadline - monotonic())
            if len(self._listed) > 256:
                self._listed.clear()
            self._listed.add(key)

    def _defer(self) -> None:
        """Leave what could not be put to the log's reader, and to the next call."""
        for canonical in self._new:
            self._log.line(line(SPOOL, canonical))
            self._count("AuditDeferred", decode(canonical.decode())["m"])
        self._backlog = [*self._backlog, *self._new][-BACKLOG:]
        self._new.clear()

    def _chained(self, attempt: Attempt, phase: str, names: tuple[str, ...], values: Iterable[object]) -> None:
        """Make a record the next link of this writer's chain: into the log now, into the table with `store`."""
        if self._previous is None:
            own, canonical = self._sealed(attempt, phase, ("q", *names), (self._sequence, *values))
        else:
            linked = (self._sequence, self._previous, *values)
            own, canonical = self._sealed(attempt, phase, ("q", "p", *names), linked)
        self._log.line(line(RECORD, canonical))
        self._sequence += 1
        self._previous = own
        self._new.append(canonical)

    def _sealed(
        self, attempt: Attempt, phase: str, names: tuple[str, ...], values: Iterable[object]
    ) -> tuple[str, bytes]:
        """The hash and bytes of a record that fits into its item, which is never larger than its canonical bytes."""
        kind = (attempt.manifest.id, phase, attempt.names, names)
        form = self._forms.get(kind) or self._form(attempt, phase, names)
        own, canonical = form.seal((self.record_id(attempt, phase), *attempt.values, *values))
        if len(canonical) <= LIMIT:
            return own, canonical
        wire = decode(canonical.decode())
        shrink(wire)
        canonical = seal(wire)
        return wire["h"], canonical

    def _form(self, attempt: Attempt, phase: str, names: tuple[str, ...]) -> Form:
        constants = {**self._constant, "m": attempt.manifest.id, "ph": phase}
        if phase in _STATUS:
            constants |= {"st": _STATUS[phase], "pc": "hash"}
        if schema := attempt.manifest.input.get("schema_digest"):
            constants["is"] = hex_digest(schema)
        if attempt.manifest.shards > 1:
            constants |= {"v": SHARDED_SCHEMA, "sh": attempt.manifest.shards}
        if len(self._forms) > FORMS:
            self._forms.clear()
        encoded = {name: json_text(value) for name, value in constants.items()}
        form = Form(encoded, (*_OF_A_CALL, *attempt.names, *names))
        self._forms[attempt.manifest.id, phase, attempt.names, names] = form
        return form


def _by(caller: Caller) -> tuple[object, ...]:
    """How a call came and what is known of who made it; most direct calls are made by nobody in particular."""
    return f'"{caller.path}"', _value("ct", caller.type), caller.assurance


def _value(name: str, value: Any) -> object:
    """A field's value as a form takes it."""
    kind = type(value)
    if kind is str:
        return value if name in QUOTED else encode_text(_fitted(name, value) if name in _LIMITS else value)
    return value if kind is int else encode(value)


def _fitted(name: str, value: str) -> str:
    """A text cut to its field's limit; most are plain, and stay as they are."""
    limit = _LIMITS[name]
    plain = (
        len(value) <= limit and value.isascii() and "\x7f" not in value and len(encode_text(value)) == len(value) + 2
    )
    return value if plain else fit(value, limit)


_BY_NOBODY = _by(NOBODY)


def _constant(manifest: Manifest, environ: Mapping[str, str], writer: str) -> Wire:
    """What all records of an environment share: from the image's manifest and from Lambda, never from a request."""
    facts: dict[str, Any] = {
        "v": SCHEMA,
        "mv": manifest.version,
        "ma": hex_digest(manifest.artifact),
        "fn": environ.get("AWS_LAMBDA_FUNCTION_NAME"),
        "fv": environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
        "w": writer,
    }
    image = environ.get("MLFN_IMAGE_DIGEST", "")
    if image.startswith("sha256:") and len(image) == 71:
        facts["im"] = hex_digest(image[7:])
    memory = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if memory.isdigit():
        facts["ms"] = int(memory)
    return {name: value for name, value in facts.items() if value is not None and value != ""}


def _trace(header: str) -> str:
    """The root of an X-Ray header, `1-5759e988-bd862e3fe1be46a994272793`."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "Root":
            return value
    return ""
