"""The part of CBOR (RFC 8949) that Smithy's RPC v2 uses: what to bytes, and bytes to what."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _SIMPLE = range(8)
_EPOCH_TAG = 1
_BREAK = 0xFF
_MAX_DEPTH = 64
_FLOATS = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}
_SIMPLE_VALUES = {20: False, 21: True, 22: None, 23: None}
_LENGTHS = {24: 1, 25: 2, 26: 4, 27: 8}


def encode(value: Any) -> bytes:
    """A value as one CBOR data item; times become tag 1."""
    out = bytearray()
    _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: Any) -> None:
    match value:
        case None | bool():
            out.append((_SIMPLE << 5) | {False: 20, True: 21, None: 22}[value])
        case int():
            _head(out, _UNSIGNED if value >= 0 else _NEGATIVE, value if value >= 0 else -1 - value)
        case float():
            out += b"\xfb" + struct.pack(">d", value)
        case str() | bytes() | bytearray():
            data = value.encode() if isinstance(value, str) else value
            _head(out, _TEXT if isinstance(value, str) else _BYTES, len(data))
            out += data
        case datetime():
            _head(out, _TAG, _EPOCH_TAG)
            _write(out, value.timestamp())
        case _:
            _write_container(out, value)


def _write_container(out: bytearray, value: Any) -> None:
    match value:
        case list() | tuple():
            _head(out, _LIST, len(value))
            for item in value:
                _write(out, item)
        case dict():
            _head(out, _MAP, len(value))
            for key, item in value.items():
                _write(out, key)
                _write(out, item)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a CBOR answer")


def _head(out: bytearray, major: int, argument: int) -> None:
    if argument < 24:
        out.append((major << 5) | argument)
        return
    info, size = next((info, size) for info, size in _LENGTHS.items() if argument < 1 << (8 * size))
    out.append((major << 5) | info)
    out += argument.to_bytes(size, "big")


def decode(data: bytes) -> Any:
    """The value of one data item that is all of `data`.

    Raises:
        ValueError: it is not that, or nests too deeply.
    """
    reader = _Reader(data)
    value = reader.item(0)
    if reader.position != len(data):
        raise ValueError("bytes follow the data item")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def item(self, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError("the data item nests too deeply")
        initial = self._take(1)[0]
        major, info = initial >> 5, initial & 31
        if major == _SIMPLE:
            return self._simple(info)
        if info == 31:
            return self._indefinite(major, depth)
        return self._definite(major, self._argument(info), depth)

    def _definite(self, major: int, argument: int, depth: int) -> Any:
        match major:
            case 0:
                return argument
            case 1:
                return -1 - argument
            case 2 | 3:
                data = self._take(argument)
                return data if major == _BYTES else data.decode()
            case 4 | 5:
                if argument > len(self._data) - self.position:
                    raise ValueError("the data item ends too early")
                if major == _LIST:
                    return [self.item(depth + 1) for _ in range(argument)]
                return dict(self._pair(depth) for _ in range(argument))
            case _:
                return self._tagged(argument, self.item(depth + 1))

    def _indefinite(self, major: int, depth: int) -> Any:
        if major == _LIST:
            items = []
            while not self._at_break():
                items.append(self.item(depth + 1))
            return items
        if major == _MAP:
            pairs = {}
            while not self._at_break():
                key, value = self._pair(depth)
                pairs[key] = value
            return pairs
        if major not in (_BYTES, _TEXT):
            raise ValueError("the data item has no length")
        parts: list[Any] = []
        while not self._at_break():
            parts.append(self.item(depth + 1))
        empty: Any = b"" if major == _BYTES else ""
        if not all(isinstance(part, type(empty)) for part in parts):
            raise ValueError("a string's chunk is of another kind")
        return empty.join(parts)

    def _at_break(self) -> bool:
        if self._data[self.position : self.position + 1] != bytes([_BREAK]):
            return False
        self.position += 1
        return True

    def _pair(self, depth: int) -> tuple[str, Any]:
        key = self.item(depth + 1)
        if not isinstance(key, str):
            raise ValueError("a key is not text")
        return key, self.item(depth + 1)

    def _simple(self, info: int) -> Any:
        if info in _FLOATS:
            form, size = _FLOATS[info]
            return struct.unpack(form, self._take(size))[0]
        if info not in _SIMPLE_VALUES:
            raise ValueError("the simple value is not known")
        return _SIMPLE_VALUES[info]

    def _tagged(self, tag: int, value: Any) -> Any:
        if tag != _EPOCH_TAG:
            raise ValueError(f"tag {tag} is not known")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("a time is not a number")
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError) as error:
            raise ValueError("a time is out of range") from error

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info not in _LENGTHS:
            raise ValueError("the length is not well-formed")
        return int.from_bytes(self._take(_LENGTHS[info]), "big")

    def _take(self, size: int) -> bytes:
        taken = self._data[self.position : self.position + size]
        if len(taken) != size:
            raise ValueError("the data item ends too early")
        self.position += size
        return taken
