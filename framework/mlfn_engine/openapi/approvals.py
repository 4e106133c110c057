"""The routes to what pipelines ask people, in the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_engine.values import ResolvedApp

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TIME: Json = {"type": "string", "format": "date-time"}
_QUESTION: Json = {
    "type": "object",
    "required": ["id", "pipeline", "execution", "state", "asked", "until", "by"],
    "properties": {
        "id": _TEXT,
        "pipeline": _TEXT,
        "execution": _TEXT,
        "state": _TEXT,
        "asked": _TIME,
        "until": {"oneOf": [_TIME, {"type": "null"}], "description": "null: as long as the run may take."},
        "by": {"type": "array", "items": _TEXT, "description": "Who may answer."},
        "about": {"description": "What is to be approved; a list leaves out what is long."},
        "answer": {"enum": ["approved", "rejected"]},
        "decided_by": _TEXT,
        "decided_at": _TIME,
        "comment": _TEXT,
    },
}
_LIST: Json = {
    "type": "object",
    "required": ["approvals"],
    "properties": {"approvals": {"type": "array", "items": _QUESTION}},
}
_ANSWER: Json = {
    "type": "object",
    "required": ["answer"],
    "properties": {
        "answer": {"enum": ["approve", "reject"]},
        "comment": {"type": "string", "maxLength": 1000},
    },
    "additionalProperties": False,
}
_ANSWERED: Json = {
    "type": "object",
    "required": ["approval", "answer", "by", "execution"],
    "properties": {"approval": _TEXT, "answer": {"enum": ["approved", "rejected"]}, "by": _TEXT, "execution": _TEXT},
}


def approval_paths(app: ResolvedApp, security: list[Json], problems: Json) -> Json:
    """The ways to see and answer what pipelines ask; none if they ask nothing."""
    if not any(pipeline.approvers for pipeline in app.pipelines):
        return {}
    named = [{"name": "approval", "in": "path", "required": True, "schema": _TEXT}]
    common = {"tags": ["approvals"], "security": security}
    every = {"operationId": "approvals", "description": "What the caller may answer now, oldest first."}
    one = {"operationId": "approval", "parameters": named, "description": "A question in full."}
    answer = {
        "operationId": "answer_approval",
        "parameters": named,
        "requestBody": {"required": True, "content": _content(_ANSWER)},
    }
    own = {
        "400": {"$ref": "#/components/responses/BadRequest"},
        "409": {"$ref": "#/components/responses/Conflict"},
        "410": {"$ref": "#/components/responses/Gone"},
    }
    return {
        "/approvals": {"get": {**common, **every, "responses": {**_ok(_LIST), **problems}}},
        "/approvals/{approval}": {
            "get": {**common, **one, "responses": {**_ok(_QUESTION), **problems}},
            "post": {**common, **answer, "responses": {**_ok(_ANSWERED), **own, **problems}},
        },
    }


def _ok(schema: Json) -> Json:
    return {"200": {"description": "As asked.", "content": _content(schema)}}


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
