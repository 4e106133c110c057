"""What may be captured of a JSON value, by the plan that was made from the model's types: docs/audit-payloads.md §2."""

from __future__ import annotations

from mlfn.jsontext import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_ORDER = ("drop", "hmac", "keep_type")
"""From the one that tells least: where alternatives disagree, it wins."""
_LEFT_OUT: Any = object()


class Redaction:
    """The plan of one side of a contract."""

    __slots__ = ("_definitions", "_digest", "_root")

    def __init__(self, plan: dict[str, Any], digest: Callable[[bytes], str] | None) -> None:
        self._root = plan["root"]
        self._definitions = plan["defs"]
        self._digest = digest

    def of(self, value: Any) -> Any:
        """The value as it may be kept; None in place of what must not."""
        kept = self._redacted(value, [self._root])
        return None if kept is _LEFT_OUT else kept

    def _redacted(self, value: Any, alternatives: list[Any]) -> Any:
        nodes = list(self._flat(alternatives))
        if hows := [node for node in nodes if isinstance(node, str)]:
            return self._hidden(value, min(hows, key=_ORDER.index))
        if isinstance(value, dict):
            return self._object(value, nodes)
        if isinstance(value, list):
            return self._list(value, nodes)
        return value if any(node is None or node is True for node in nodes) else _LEFT_OUT

    def _flat(self, nodes: list[Any]) -> Iterator[Any]:
        """Definitions and alternatives, taken apart."""
        for node in nodes:
            if isinstance(node, dict) and "u" in node:
                yield from self._flat(node["u"])
            elif type(node) is int:
                yield from self._flat([self._definitions[node]])
            else:
                yield node

    def _object(self, value: dict[str, Any], nodes: list[Any]) -> Any:
        known = [node for node in nodes if isinstance(node, dict) and ("o" in node or "m" in node)]
        anything = any(node is True for node in nodes)
        if not known:
            return value if anything else _LEFT_OUT
        result = {}
        for key, item in value.items():
            kept = self._redacted(item, _field(key, known) or [True if anything else "drop"])
            if kept is not _LEFT_OUT:
                result[key] = kept
        return result

    def _list(self, value: list[Any], nodes: list[Any]) -> Any:
        known = [node for node in nodes if isinstance(node, dict) and "a" in node]
        if not known:
            return value if any(node is True for node in nodes) else _LEFT_OUT
        kept = [self._redacted(item, [_entry(number, node) for node in known]) for number, item in enumerate(value)]
        return [None if item is _LEFT_OUT else item for item in kept]

    def _hidden(self, value: Any, how: str) -> Any:
        if how == "keep_type":
            return _EMPTY[type(value)]
        if how == "hmac" and self._digest is not None:
            return f"hmac:{self._digest(encode(value).encode('utf-8', 'replace'))}"
        return _LEFT_OUT


_EMPTY: dict[type, Any] = {str: "", int: 0, float: 0, bool: False, type(None): None, list: [], dict: {}}


def _field(key: str, known: list[Any]) -> list[Any]:
    """What those alternatives say of a key that declare it; failing that, what they say of any other key."""
    named = [node["o"][key] for node in known if key in node.get("o", ())]
    values = [node["m"] for node in known if "m" in node]
    return [*named, *values] or [node["x"] for node in known]


def _entry(number: int, node: Any) -> Any:
    positions = node.get("t", ())
    return positions[number] if number < len(positions) else node["a"]
