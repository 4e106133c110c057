"""What both REST protocols share: finding the operation by method, path and query, and HTTP bindings of members."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_plus

from mlfn_localstack.protocols.text_values import parse_text, write_text
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Container

    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel, Shape
    from mlfn_localstack.service import Params, Result

_MAX_PATHS = 512
_MAX_PATH_SIZE = 512
_LABEL = re.compile(r"\{([\w-]+)(\+?)\}")

Query = dict[str, list[str]]


def parse_query(raw: str) -> Query:
    """A query string, decoded; names without a value have an empty one."""
    result: Query = {}
    for part in raw.split("&") if raw else ():
        if part:
            name, _, value = part.partition("=")
            result.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOperation:
    """An operation with its bindings: where in the request each member is."""

    operation: OperationModel
    path: re.Pattern[str]
    literals: tuple[tuple[str, str], ...]
    """Query parameters that must be there, with these values."""
    required_query: tuple[str, ...]
    required_headers: tuple[str, ...]
    label_names: tuple[str, ...]

    def fits(self, query: Query, headers: Container[str]) -> bool:
        """True if everything in the query and headers that tells this operation from others is there."""
        return (
            all(name in query and (not value or value in query[name]) for name, value in self.literals)
            and all(name in query for name in self.required_query)
            and all(name in headers for name in self.required_headers)
        )

    def rank(self) -> tuple[int, int, bool]:
        """More conditions first, then fewer labels, then what is not deprecated."""
        conditions = len(self.literals) + len(self.required_query) + len(self.required_headers)
        return (-conditions, len(self.label_names), self.operation.deprecated)


_OLDER = {"apigatewayv2": ("/v2/", "REST APIs (API Gateway v1), only HTTP APIs")}
"""Services that sign as an older one does: what their own paths begin with, and what the others are about."""


class RestBindings:
    """The REST operations of one service."""

    def __init__(self, model: ServiceModel) -> None:
        self._service = model.name
        self._shapes = model.shapes
        self._by_method: dict[str, list[RestOperation]] = {}
        self._paths: dict[tuple[str, str], tuple[tuple[RestOperation, dict[str, str]], ...]] = {}
        for operation in model.operations.values():
            self._by_method.setdefault(operation.method, []).append(self._bind(operation))
        for operations in self._by_method.values():
            operations.sort(key=RestOperation.rank)

    def find(self, request: HttpRequest, query: Query) -> tuple[OperationModel, dict[str, str]]:
        """The operation and its path labels.

        Raises:
            ServiceError: UnknownOperationException.
        """
        candidates = self._on_path(request.method, request.raw_path)
        for candidate, labels in candidates:
            if candidate.fits(query, request.fields):
                return candidate.operation, dict(labels)
        if len(candidates) == 1 and not candidates[0][0].literals:
            return candidates[0][0].operation, dict(candidates[0][1])
        prefix, older = _OLDER.get(self._service, ("", ""))
        if not request.raw_path.startswith(prefix):
            raise ServiceError("UnsupportedOperation", f"The emulator does not support {older}.", status=501)
        message = f"No operation answers {request.method} {request.raw_path}."
        raise ServiceError("UnknownOperationException", message, status=404)

    def _on_path(self, method: str, path: str) -> tuple[tuple[RestOperation, dict[str, str]], ...]:
        """The operations that a path may mean, with its labels; remembered, since there may be fifty to try."""
        found = self._paths.get((method, path))
        if found is None:
            candidates = [(each, each.path.fullmatch(path)) for each in self._by_method.get(method, ())]
            found = tuple((each, _decode_labels(each.label_names, match)) for each, match in candidates if match)
            if len(self._paths) >= _MAX_PATHS:
                self._paths.clear()
            if len(path) <= _MAX_PATH_SIZE:
                self._paths[method, path] = found
        return found

    def read(self, shape: Shape, request: HttpRequest, query: Query, labels: dict[str, str]) -> Params:
        """The members of an input that are bound to path, query and headers."""
        params: Params = {}
        for name, member in shape["members"].items():
            key = member.get("locationName", name)
            match member.get("location"):
                case "uri":
                    params[name] = parse_text(labels[key], self._shapes[member["shape"]], key)
                case "querystring":
                    self._read_query(params, name, member, query)
                case "header":
                    value = request.header(key.lower())
                    if value is not None:
                        params[name] = parse_text(value, self._shapes[member["shape"]], key)
                case "headers":
                    found = _prefixed(request, key.lower())
                    if found:
                        params[name] = found
        return params

    def _read_query(self, params: Params, name: str, member: dict[str, Any], query: Query) -> None:
        key = member.get("locationName", name)
        shape = self._shapes[member["shape"]]
        if shape["type"] == "map":
            params[name] = {key: values[-1] for key, values in query.items()}
        elif key in query:
            if shape["type"] == "list":
                item = self._shapes[shape["member"]["shape"]]
                params[name] = [parse_text(value, item, key) for value in query[key]]
            else:
                params[name] = parse_text(query[key][-1], shape, key)

    def write_headers(self, shape: Shape, result: Result) -> list[tuple[str, str]]:
        """The members of an output that are bound to headers."""
        headers: list[tuple[str, str]] = []
        for name, member in shape["members"].items():
            value = result.get(name)
            if value is None:
                continue
            if member.get("location") == "header":
                text = write_text(value, self._shapes[member["shape"]], "rfc822")
                headers.append((member.get("locationName", name), text))
            elif member.get("location") == "headers":
                prefix = member.get("locationName", "")
                headers.extend((prefix + key, str(item)) for key, item in value.items())
        return headers

    def status(self, operation: OperationModel, shape: Shape | None, result: Result) -> int:
        """The answer's status: a member bound to it, or the model's."""
        for name, member in (shape or {}).get("members", {}).items():
            if member.get("location") == "statusCode" and name in result:
                return int(result[name])
        return operation.status

    def _bind(self, operation: OperationModel) -> RestOperation:
        path, _, query = operation.uri.partition("?")
        shape = self._shapes[operation.input] if operation.input else {"members": {}}
        required = [(name, shape["members"][name]) for name in shape.get("required", ())]
        return RestOperation(
            operation=operation,
            path=_path_pattern(path),
            literals=tuple((key, values[0]) for key, values in parse_query(query).items()),
            required_query=tuple(m.get("locationName", n) for n, m in required if m.get("location") == "querystring"),
            required_headers=tuple(
                m.get("locationName", n).lower() for n, m in required if m.get("location") == "header"
            ),
            label_names=tuple(match[1] for match in _LABEL.finditer(path)),
        )


def _path_pattern(path: str) -> re.Pattern[str]:
    """A path template as a pattern; `{Key+}` takes slashes too, and a trailing slash does not matter."""
    parts = []
    position = 0
    for match in _LABEL.finditer(path):
        parts.append(re.escape(path[position : match.start()]))
        parts.append("(.+)" if match[2] else "([^/]+)")
        position = match.end()
    parts.append(re.escape(path[position:].rstrip("/")))
    return re.compile("".join(parts) + "/?" if "+}" not in path else "".join(parts))


def _decode_labels(names: tuple[str, ...], match: re.Match[str]) -> dict[str, str]:
    try:
        return {name: unquote(value, errors="strict") for name, value in zip(names, match.groups(), strict=True)}
    except UnicodeDecodeError as error:
        raise ServiceError("ValidationException", "The path is not UTF-8.") from error


def _prefixed(request: HttpRequest, prefix: str) -> dict[str, str]:
    return {key[len(prefix) :]: value for key, value in request.headers if key.startswith(prefix)}
