"""Queries of Logs Insights: started, asked for their results, and kept for later."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.logs.errors import invalid
from mlfn_localstack.services.logs.insights.rows import MOST_ROWS, shown
from mlfn_localstack.services.logs.insights.searches import event_row
from mlfn_localstack.services.logs.model import now_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.logs.insights.searches import Search, Searches
    from mlfn_localstack.services.logs.model import LogsState

_MOST_GROUPS = 50
_PAGE = 1_000
_SECOND_MS = 1_000
_LANGUAGE = "CWLI"
_PLACE_PARTS = 4
_FIELDS = ("@timestamp", "@ingestionTime", "@message", "@logStream", "@log")


class QueryOperations:
    """Logs Insights."""

    def __init__(self, environment: Environment, state: LogsState, searches: Searches) -> None:
        self._state = state
        self._searches = searches
        self._definitions = environment.store.documents("logs-query-definition")

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteQueryDefinition": self.delete_definition,
            "DescribeQueries": self.describe,
            "DescribeQueryDefinitions": self.describe_definitions,
            "GetLogRecord": self.record,
            "GetQueryResults": self.results,
            "PutQueryDefinition": self.put_definition,
            "StartQuery": self.start,
            "StopQuery": self.stop,
        }

    async def start(self, context: RequestContext, params: Params) -> Result:
        """The id of a query that runs from now on."""
        _check_language(params)
        groups = self._groups(context, params)
        _check_query(params["queryString"])
        if params["endTime"] < params["startTime"]:
            raise invalid("Query's end date and time is before its start date and time.")
        search: Search = {
            "queryId": str(uuid.uuid4()),
            "queryString": params["queryString"],
            "groups": groups,
            "startTime": params["startTime"] * _SECOND_MS,
            "endTime": params["endTime"] * _SECOND_MS + _SECOND_MS - 1,
            "limit": params.get("limit", MOST_ROWS),
            "createTime": now_ms(),
            "status": "Scheduled",
        }
        self._searches.begin(search)
        return {"queryId": search["queryId"]}

    async def results(self, context: RequestContext, params: Params) -> Result:
        """What a query has found, and whether that is all."""
        search = self._search(params)
        nothing = {"recordsMatched": 0.0, "recordsScanned": 0.0, "bytesScanned": 0.0}
        return {
            "queryLanguage": _LANGUAGE,
            "results": search.get("results", []),
            "statistics": search.get("statistics", nothing),
            "status": search["status"],
        }

    async def stop(self, context: RequestContext, params: Params) -> Result:
        """That a query runs no more; one that has ended cannot be stopped."""
        search = self._search(params)
        if search["status"] not in ("Scheduled", "Running"):
            raise invalid(f"Query has already ended with status: {search['status']}.")
        self._searches.put({**search, "status": "Cancelled"})
        return {"success": True}

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """The queries of the last week, of a group or in a state."""
        group, status = params.get("logGroupName"), params.get("status")
        found = [
            _described(search)
            for search in self._searches.all()
            if group in (None, *search["groups"])
            and status in (None, search["status"])
            and params.get("queryLanguage") in (None, _LANGUAGE)
        ]
        return _page(params, "queries", found)

    async def record(self, context: RequestContext, params: Params) -> Result:
        """Every field of the event that a result's `@ptr` stands for."""
        try:
            parts = base64.urlsafe_b64decode(params["logRecordPointer"].encode()).decode().split("\n")
        except ValueError:
            parts = []
        if len(parts) != _PLACE_PARTS:
            raise invalid("The specified log record pointer is invalid.")
        group, stream, timestamp, number = parts
        found = self._state.events(
            [self._state.stream_id(group, stream)], start=int(timestamp), end=int(timestamp) + 1, limit=MOST_ROWS
        )
        event = next((each for each in found if each.id == int(number)), None)
        if event is None:
            raise ServiceError("ResourceNotFoundException", "The specified log record does not exist.")
        row = event_row(event, group, stream, context.account_id)
        record = {name: shown(row.get(name)) for name in _FIELDS}
        record.update(_fields_of(event.message))
        return {"logRecord": {**record, "@ptr": params["logRecordPointer"]}}

    async def put_definition(self, context: RequestContext, params: Params) -> Result:
        """The id of a query that is kept."""
        _check_language(params)
        _check_query(params["queryString"])
        known = params.get("queryDefinitionId")
        if known is not None and self._definitions.get(known) is None:
            raise _no_definition()
        kept: dict[str, Any] = {
            name: params[name] for name in ("name", "queryString", "logGroupNames") if name in params
        }
        identity = known or str(uuid.uuid4())
        document: dict[str, Any] = {
            "queryDefinitionId": identity,
            **kept,
            "queryLanguage": _LANGUAGE,
            "lastModified": now_ms(),
        }
        self._definitions.put(identity, document)
        return {"queryDefinitionId": identity}

    async def describe_definitions(self, context: RequestContext, params: Params) -> Result:
        """The queries that are kept, by name."""
        prefix = params.get("queryDefinitionNamePrefix", "")
        found = [kept for _, kept in self._definitions.items() if kept["name"].startswith(prefix)]
        return _page(params, "queryDefinitions", sorted(found, key=lambda kept: str(kept["name"])))

    async def delete_definition(self, context: RequestContext, params: Params) -> Result:
        """That a query is kept no more."""
        if self._definitions.get(params["queryDefinitionId"]) is None:
            raise _no_definition()
        self._definitions.delete(params["queryDefinitionId"])
        return {"success": True}

    def _groups(self, context: RequestContext, params: Params) -> list[str]:
        given = [params["logGroupName"]] if "logGroupName" in params else []
        given += [*params.get("logGroupNames", ()), *params.get("logGroupIdentifiers", ())]
        if not given:
            raise invalid("At least one log group must be specified in the request.")
        if len(given) > _MOST_GROUPS:
            raise invalid(f"A query has at most {_MOST_GROUPS} log groups.")
        names = [name.partition(":log-group:")[2].removesuffix(":*") or name for name in given]
        missing = [name for name in names if self._state.groups.get(name) is None]
        if missing:
            message = (
                f"Log group '{missing[0]}' does not exist for account ID '{context.account_id}' (Service: AWSLogs;"
                " Status Code: 400; Error Code: ResourceNotFoundException;"
                f" Request ID: {context.request_id}; Proxy: null)"
            )
            raise ServiceError("ResourceNotFoundException", message)
        return list(dict.fromkeys(names))

    def _search(self, params: Params) -> Search:
        search = self._searches.get(params["queryId"])
        if search is None:
            raise ServiceError("ResourceNotFoundException", "The specified query does not exist.")
        return search


def _check_language(params: Params) -> None:
    if params.get("queryLanguage", _LANGUAGE) != _LANGUAGE:
        raise invalid(f"The emulator does not support queries in {params['queryLanguage']}, only in {_LANGUAGE}.")


def _check_query(text: str) -> None:
    from mlfn_localstack.services.logs.insights.query import parse_query  # noqa: PLC0415 - half a megabyte
    from mlfn_localstack.services.logs.insights.tokens import QueryError  # noqa: PLC0415

    try:
        parse_query(text)
    except QueryError as error:
        location = {"startCharOffset": error.start, "endCharOffset": error.end}
        compile_error = {"location": location, "message": str(error)}
        raise ServiceError(
            "MalformedQueryException", str(error), fields={"queryCompileError": compile_error}
        ) from error


def _described(search: Search) -> dict[str, Any]:
    source = ", ".join(f'"{group}"' for group in search["groups"])
    times = f"START={search['startTime']} END={search['endTime']}"
    return {
        "queryLanguage": _LANGUAGE,
        "queryId": search["queryId"],
        "queryString": f"SOURCE {source} {times} | {search['queryString']}",
        "status": search["status"],
        "createTime": search["createTime"],
        "logGroupName": search["groups"][0],
    }


def _page(params: Params, name: str, found: list[dict[str, Any]]) -> Result:
    start = place_of(params.get("nextToken"))
    if start is None:
        raise invalid("The specified nextToken is invalid.")
    end = start + params.get("maxResults", _PAGE)
    return {name: found[start:end]} | ({"nextToken": str(end)} if end < len(found) else {})


def _fields_of(message: str) -> dict[str, str]:
    """The fields of a message of JSON, those in objects by their whole path."""
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [("", value)] if isinstance(value, dict) else []
    while waiting:
        path, each = waiting.pop()
        if isinstance(each, dict):
            waiting += [(f"{path}.{name}" if path else name, inner) for name, inner in each.items()]
        elif each is not None:
            found[path] = shown(each)
    return found


def _no_definition() -> ServiceError:
    return ServiceError("ResourceNotFoundException", "The specified query definition does not exist.")
