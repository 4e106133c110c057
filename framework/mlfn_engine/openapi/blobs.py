"""The routes to the contents of blobs, in the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn.ingress.batches import AT_ONCE, MOST_AT_ONCE
from mlfn_engine.declarations.schemas import has_blob_routes

if TYPE_CHECKING:
    from mlfn_engine.values import ModelSpec, PipelineSpec

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_DESCRIBED: Json = {
    "content_type": _TEXT,
    "size": {"type": "integer", "minimum": 1},
    "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the content."},
}
_BLOB: Json = {
    "type": "object",
    "required": [*_DESCRIBED, "at"],
    "properties": {**_DESCRIBED, "at": _TEXT},
    "description": "To call with, once the content is there.",
}
PUT: Json = {
    "type": "object",
    "required": ["method", "url", "headers", "expires_s"],
    "properties": {
        "method": {"const": "PUT"},
        "url": _TEXT,
        "headers": {"type": "object", "additionalProperties": _TEXT},
        "expires_s": {"type": "integer"},
    },
    "description": "Send the content there, with these headers.",
}
"""How to put content into the bucket."""
_UPLOAD: Json = {
    "type": "object",
    "required": ["blob", "upload"],
    "properties": {
        "blob": _BLOB,
        "upload": PUT,
    },
}


BATCH: Json = {
    "type": "object",
    "required": ["lines"],
    "properties": {
        "lines": {**_BLOB, "description": "JSON Lines, uploaded before; each line is what the pipeline takes."},
        "at_once": {"type": "integer", "minimum": 1, "maximum": MOST_AT_ONCE, "default": AT_ONCE},
    },
}
"""What a batch pipeline is called with."""
BATCH_PROGRESS: Json = {
    "lines": {"type": "object", "additionalProperties": {"type": "integer"}},
    "results": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"status": _TEXT, "size": {"type": "integer"}, "url": _TEXT},
            "description": "A file of Step Functions: a list of objects with Input, and Output or Error and Cause.",
        },
    },
}


def blob_paths(spec: ModelSpec | PipelineSpec, kind: str, security: list[Json], problems: Json) -> Json:
    """The ways to the contents of blobs that a model or pipeline takes or gives; none if it has none."""
    if not has_blob_routes(spec):
        return {}
    path = f"/{kind}/{spec.name}/blobs"
    described = {"type": "object", "required": list(_DESCRIBED), "properties": _DESCRIBED}
    upload = {
        "operationId": f"{spec.name}_upload",
        "tags": [kind],
        "description": "Where to put a blob's content.",
        "requestBody": {"required": True, "content": _content(described)},
        "responses": {
            "200": {"description": "Where to.", "content": _content(_UPLOAD)},
            "400": {"$ref": "#/components/responses/BadRequest"},
            **problems,
        },
        "security": security,
    }
    download = {
        "operationId": f"{spec.name}_download",
        "tags": [kind],
        "description": "A blob's content; `blob` is its `digest`, a dot, and its `at`.",
        "parameters": [{"name": "blob", "in": "path", "required": True, "schema": _TEXT}],
        "responses": {"302": {"description": "Where it is."}, **problems},
        "security": security,
    }
    return {path: {"post": upload}, f"{path}/{{blob}}": {"get": download}}


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
