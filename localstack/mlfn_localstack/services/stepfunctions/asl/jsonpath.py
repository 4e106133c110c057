"""JSONPath as Step Functions accepts it: names, indexes, slices, wildcards, descendants and filters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mlfn_localstack.services.stepfunctions.asl.failure import PathError
from mlfn_localstack.services.stepfunctions.asl.jsonpath_filter import Filter, parse_filter
from mlfn_localstack.services.stepfunctions.asl.jsonpath_segments import (
    Descend,
    Index,
    Indexes,
    Name,
    Names,
    Segment,
    Slice,
    Where,
    Wildcard,
    bracket_of,
    children,
)

_DOT_NAME = re.compile(r"[^.\[\]()*?,'\"\s@]+")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_INTEGER = re.compile(r"-?\d+")
_SLICE = re.compile(r"(-?\d+)?:(-?\d+)?(?::(-?\d+))?")


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path: the part after its root."""

    text: str
    segments: tuple[Segment, ...]

    @property
    def definite(self) -> bool:
        """Whether it can match one node at most, so that it gives that node instead of a list."""
        return all(isinstance(segment, Name | Names | Index) for segment in self.segments)

    @property
    def reference(self) -> bool:
        """Whether it is a Reference Path: names and non-negative indexes only."""
        return all(isinstance(s, Name) or (isinstance(s, Index) and s.index >= 0) for s in self.segments)

    def read(self, value: Any) -> Any:
        """What the path names in `value`.

        Raises:
            PathError: a definite path names nothing.
        """
        if self.definite:
            return self._read_definite(value)
        nodes = [value]
        for segment in self.segments:
            nodes = [found for node in nodes for found in children(segment, node)]
        return nodes

    def _read_definite(self, value: Any) -> Any:
        for position, segment in enumerate(self.segments):
            found = list(children(segment, value))
            if not found:
                raise self._missing(position, segment, value)
            value = found[0]
        return value

    def _missing(self, position: int, segment: Segment, value: Any) -> PathError:
        trail = "$" + "".join(bracket_of(s) for s in self.segments[: position + 1])
        if isinstance(segment, Index) and isinstance(value, list):
            reason = f"Index out of bound when evaluating path {trail}"
            return PathError(reason, out_of_range=position == len(self.segments) - 1)
        if position == len(self.segments) - 1 and isinstance(value, dict):
            return PathError(f"No results for path: {trail}")
        return PathError(f"Missing property in path {trail}")


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """A path such as `$.a[0]['b'][?(@.c > 1)]`; its first character must be `$`.

    Raises:
        PathError: it is malformed.
    """
    if not text.startswith("$"):
        raise PathError(f"Path must start with '$': {text}")
    segments: list[Segment] = []
    position = 1
    while position < len(text):
        position = _parse_segment(text, position, segments)
    return Path(text, tuple(segments))


def _parse_segment(text: str, position: int, segments: list[Segment]) -> int:
    if text.startswith("..", position):
        segments.append(Descend())
        position += 2
        return position if text.startswith("[", position) else _parse_dotted(text, position, segments)
    if text[position] == ".":
        return _parse_dotted(text, position + 1, segments)
    if text[position] == "[":
        return _parse_bracket(text, position, segments)
    raise PathError(f"Illegal character in path at {position}: {text}")


def _parse_dotted(text: str, position: int, segments: list[Segment]) -> int:
    if text.startswith("*", position):
        segments.append(Wildcard())
        return position + 1
    match = _DOT_NAME.match(text, position)
    if match is None:
        raise PathError(f"Path must not end with a '.' or '..': {text}")
    segments.append(Name(match.group()))
    return match.end()


def _parse_bracket(text: str, position: int, segments: list[Segment]) -> int:
    end = _closing(text, position)
    inside = text[position + 1 : end].strip()
    segments.append(_bracketed(inside, text))
    return end + 1


def _bracketed(inside: str, text: str) -> Segment:
    if inside == "*":
        return Wildcard()
    if inside.startswith("?(") and inside.endswith(")"):
        return Where(_filter(inside[2:-1], text))
    if inside[:1] in {"'", '"'}:
        names = tuple(_unquote(m) for m in _QUOTED.finditer(inside))
        if names and re.fullmatch(rf"(?:{_QUOTED.pattern})(?:\s*,\s*(?:{_QUOTED.pattern}))*", inside):
            return Name(names[0]) if len(names) == 1 else Names(names)
    if _INTEGER.fullmatch(inside):
        return Index(int(inside))
    if match := _SLICE.fullmatch(inside):
        start, stop, step = (None if part is None else int(part) for part in match.groups())
        return Slice(start, stop, step)
    parts = [part.strip() for part in inside.split(",")]
    if len(parts) > 1 and all(_INTEGER.fullmatch(part) for part in parts):
        return Indexes(tuple(int(part) for part in parts))
    raise PathError(f"Could not parse token in brackets: {text}")


def _filter(inside: str, text: str) -> Filter:
    try:
        return parse_filter(inside, compile_path)
    except ValueError as error:
        raise PathError(f"Failed to parse filter in {text}: {error}") from error


def _closing(text: str, position: int) -> int:
    depth, quote = 0, ""
    index = position
    while index < len(text):
        character = text[index]
        if quote:
            index += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "[(":
            depth += 1
        elif character in "])":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    raise PathError(f"Could not find a closing bracket: {text}")


def _unquote(match: re.Match[str]) -> str:
    raw = match.group(1) if match.group(1) is not None else match.group(2)
    return re.sub(r"\\(.)", r"\1", raw)


def write_reference(path: Path, root: Any, value: Any) -> Any:
    """A copy of `root` with `value` at a Reference Path, creating what is missing on the way (ResultPath).

    Raises:
        PathError: something on the way is neither an object nor an array that is long enough.
    """
    if not path.segments:
        return value
    return _write(path.segments, root, value, path.text)


def _write(segments: tuple[Segment, ...], node: Any, value: Any, text: str) -> Any:
    if not segments:
        return value
    head, rest = segments[0], segments[1:]
    if isinstance(head, Name) and (node is None or isinstance(node, dict)):
        copy = dict(node or {})
        copy[head.name] = _write(rest, copy.get(head.name), value, text)
        return copy
    if isinstance(head, Index) and isinstance(node, list) and 0 <= head.index < len(node):
        return [_write(rest, old, value, text) if i == head.index else old for i, old in enumerate(node)]
    raise PathError(text)
