"""What a call has opened of data, without loading what opens it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlfn.audit.codec import Wire


def forget() -> None:
    """Start a call's list; what was opened before it belongs to no call."""
    if (data := sys.modules.get("mlfn.data")) is not None:
        data.opened.clear()


def data_facts() -> Wire:
    """The fields of its record."""
    data = sys.modules.get("mlfn.data")
    return {"ds": data.references()} if data is not None and data.opened else {}
