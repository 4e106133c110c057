"""A table in memory, with the behaviour of the real one and a switch to take it down."""

from __future__ import annotations

from mlfn.jsontext import decode
from mlfn.runtime.sinks import CollisionError, SinkUnavailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn.audit.item import Item


class MemorySink:
    """Keeps items in `items`, in the order in which they came, until the process ends."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.available = True

    def write(self, item: str, timeout_s: float) -> None:
        """Keep the item, unless `available` is off."""
        if not self.available:
            raise SinkUnavailableError("switched off")
        self._keep(decode(item))

    def _keep(self, item: Item) -> None:
        held = self.items.setdefault((item["pk"]["S"], item["sk"]["S"]), item)
        if held.get("h") != item.get("h"):
            raise CollisionError(item["pk"]["S"])
