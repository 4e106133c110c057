"""Which route a request takes (AWS: "Routing API requests" for HTTP APIs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT = "$default"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePattern:
    """A route key, taken apart."""

    key: str
    method: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMatch:
    """The route of a request, and its path parameters."""

    key: str
    parameters: tuple[tuple[str, str], ...]


def parse_route(key: str) -> RoutePattern:
    """The pattern of a route key other than `$default`."""
    method, _, path = key.partition(" ")
    return RoutePattern(key=key, method=method, segments=tuple(path.split("/")[1:]))


def find_route(routes: Iterable[RoutePattern], method: str, path: tuple[str, ...]) -> RouteMatch | None:
    """The most specific route of a request: static before variable before greedy, its method before ANY."""
    best: tuple[tuple[int, ...], RouteMatch] | None = None
    for route in routes:
        if route.method not in {method, "ANY"}:
            continue
        matched = _match(route.segments, path)
        if matched is None:
            continue
        weights, parameters = matched
        rank = (*weights, int(route.method == "ANY"))
        if best is None or rank < best[0]:
            best = (rank, RouteMatch(key=route.key, parameters=parameters))
    return None if best is None else best[1]


def _match(
    segments: tuple[str, ...], path: tuple[str, ...]
) -> tuple[tuple[int, ...], tuple[tuple[str, str], ...]] | None:
    """How specifically each segment matches (0 static, 1 variable, 2 greedy), and the parameters."""
    weights: list[int] = []
    parameters: list[tuple[str, str]] = []
    for index, segment in enumerate(segments):
        if segment.endswith("+}"):
            if index >= len(path):
                return None
            rest = "/".join(path[index:])
            return (*weights, 2), (*parameters, (segment[1:-2], rest))
        if index >= len(path):
            return None
        if segment.startswith("{"):
            if not path[index]:
                return None
            weights.append(1)
            parameters.append((segment[1:-1], path[index]))
        elif segment == path[index]:
            weights.append(0)
        else:
            return None
    return (tuple(weights), tuple(parameters)) if len(segments) == len(path) else None
