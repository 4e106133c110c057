"""Inputs larger than a request, in the OpenAPI document: announced first, then called with by reference."""

from __future__ import annotations

from typing import Any

from mlfn.runtime.calls import CONTENT_TYPES, REFERENCE, UPLOAD
from mlfn_engine.openapi.blobs import PUT

Json = dict[str, Any]

_DIGEST: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the input."}
_ANNOUNCED: Json = {
    "type": "object",
    "required": ["size", "digest"],
    "properties": {"size": {"type": "integer", "minimum": 1}, "digest": _DIGEST},
    "description": "An input of more than 6 MB: the answer says where to put it.",
}
_REFERENCE: Json = {
    "type": "object",
    "required": ["digest", "at"],
    "properties": {"digest": _DIGEST, "at": {"type": "string"}},
    "description": "What the answer to an announcement called `input`, once the input is there.",
}
INSTEAD: Json = {
    CONTENT_TYPES[UPLOAD]: {"schema": _ANNOUNCED},
    CONTENT_TYPES[REFERENCE]: {"schema": _REFERENCE},
}
"""What a request may hold in the place of an input, by content type."""
WHERE_TO: Json = {
    CONTENT_TYPES[UPLOAD]: {
        "schema": {
            "type": "object",
            "required": ["input", "upload"],
            "properties": {"input": _REFERENCE, "upload": PUT},
        }
    }
}
"""The answer to an announcement."""
