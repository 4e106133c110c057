"""Records that the platform makes, since nobody else could: the same from the same lines, whenever they are made."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlfn.audit.codec import SCHEMA, event_id, is_sealed, seal
from mlfn.audit.item import shrink
from mlfn.audit.record import END_PHASES, Phase, Status

if TYPE_CHECKING:
    from mlfn.audit.codec import Wire
    from mlfn_audit.collecting.log_lines import Announcement

PLATFORM = "platform"
"""The writer of records that no environment began: `w`, and `at` without its number."""
NO_VERSION = "000000000000"
"""`mv` of a call that no version of the model has seen."""
RETENTION = timedelta(days=365)
ENDS = tuple(sorted(END_PHASES - {Phase.ABANDONED}))
"""How an attempt ends by its own words."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def is_genuine(wire: Wire, said: Announcement | None, function: str) -> bool:
    """Whether a line's record is what the writer that announced itself writes: of its app, function and call."""
    return (
        said is not None
        and wire["w"] == said.writer
        and str(wire["at"]).startswith(f"{said.writer}:")
        and str(wire["m"]).partition(".")[0] == said.model.partition(".")[0]
        and wire.get("fn", function) == function
        and wire["id"] == event_id(wire["iv"], wire["at"], wire["ph"])
        and _TIME.fullmatch(wire["t0"]) is not None
        and is_sealed(wire)
    )


def abandoned(started: Wire, cause: Status, *, ended_ms: int) -> Wire:
    """The end of an attempt that could not tell it itself."""
    wire = {name: value for name, value in started.items() if name not in ("h", "p", "q")}
    return _sealed({**wire, "ph": str(Phase.ABANDONED), "st": str(cause), "t1": stamp(ended_ms)})


def unreached(call: Wire, cause: Status, *, ended_ms: int) -> Wire:
    """The end of a call whose environment failed before our code saw it: `call` says what Lambda's own lines say."""
    return abandoned({**platform_wire(call), "ph": str(Phase.STARTED)}, cause, ended_ms=ended_ms)


def platform_wire(facts: Wire) -> Wire:
    """What the records have in common that no environment began; `facts` has at least `iv`, `t0` and `m`."""
    began = datetime.strptime(facts["t0"], "%Y-%m-%dT%H:%M:%S.%f%z")
    own = {"v": SCHEMA, "w": PLATFORM, "at": f"{PLATFORM}:0", "mv": NO_VERSION}
    return {**own, "x": int((began + RETENTION).timestamp()), **facts}


def sealed_phase(wire: Wire, phase: Phase) -> Wire:
    """One phase of a call, with its id and hash."""
    return _sealed({**wire, "ph": str(phase)})


def stamp(time_ms: int) -> str:
    """A time as records hold it."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC) + timedelta(milliseconds=time_ms % 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _sealed(wire: Wire) -> Wire:
    wire["id"] = event_id(wire["iv"], wire["at"], wire["ph"])
    shrink(wire)
    seal(wire)
    return wire
