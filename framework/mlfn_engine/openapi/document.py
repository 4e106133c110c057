"""An app's HTTP API as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mlfn.runtime.answers import DIGEST_HEADER
from mlfn_engine.openapi.approvals import approval_paths
from mlfn_engine.openapi.blobs import BATCH, BATCH_PROGRESS, blob_paths
from mlfn_engine.openapi.large_inputs import INSTEAD, WHERE_TO
from mlfn_engine.values import ModelSpec, PipelineMode, PipelineSpec

if TYPE_CHECKING:
    from mlfn_engine.values import ResolvedApp

Json = dict[str, Any]

_SIGNED = "sigv4"
_BEARER = "token"
_PROBLEMS = {
    400: "The body does not fit the declared input; `errors` says where.",
    403: "Unsigned, signed wrongly, or not allowed to call this.",
    404: "There is no such execution, blob or approval.",
    409: "It has been answered already; `detail` says by whom.",
    410: "Nobody waits for an answer any more.",
    413: "The body is larger than 6 MB (announce it, see the other content types), or than there is memory for.",
    415: "The body is not JSON.",
    422: "Inside the pipeline a value does not fit the step that gets it.",
    429: "A step of the pipeline was throttled; try again.",
    500: "The model failed, or its result does not fit the declared output.",
    503: "Throttled, or the audit trail cannot be written; try again.",
    504: "It took longer than its timeout.",
}
_OF_APPROVALS = (409, 410)
_OF_PIPELINES = (422, 429)
_CALL_PROBLEMS = (400, 403, 413, 415, 500, 503, 504)
_STATUS_PROBLEMS = (403, 404, 500, 503)


def openapi(app: ResolvedApp, *, server: str) -> Json:
    """The document: one POST for each model and pipeline, and a GET for the executions of asynchronous ones."""
    components = _Components()
    paths: Json = {}
    for model in app.models:
        paths[f"/models/{model.name}"] = {"post": _call(model, "models", components)}
        paths |= blob_paths(model, "models", _security(model), _problems(_STATUS_PROBLEMS))
    for pipeline in app.pipelines:
        paths[f"/pipelines/{pipeline.name}"] = {"post": _call(pipeline, "pipelines", components)}
        if pipeline.mode is not PipelineMode.SYNC:
            paths[f"/pipelines/{pipeline.name}/{{execution}}"] = {"get": _status(pipeline, components)}
        paths |= blob_paths(pipeline, "pipelines", _security(pipeline), _problems(_STATUS_PROBLEMS))
    paths |= approval_paths(app, [{_SIGNED: []}], _problems(_STATUS_PROBLEMS))
    left_out = _OF_APPROVALS * ("/approvals" not in paths) + _OF_PIPELINES * (not app.pipelines)
    return {
        "openapi": "3.1.0",
        "info": {"title": app.name, "version": "1"},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM, **dict(sorted(components.schemas.items()))},
            "responses": {
                _response_name(status): _problem(_PROBLEMS[status]) for status in _PROBLEMS if status not in left_out
            },
            "securitySchemes": {_SIGNED: _SIGNATURE, **_bearer(app)},
        },
    }


def _bearer(app: ResolvedApp) -> Json:
    """The scheme of routes that take tokens, if there are any."""
    accesses = [model.access for model in app.models] + [pipeline.access for pipeline in app.pipelines]
    issuers = sorted({access.tokens.issuer for access in accesses if access.tokens is not None})
    if not issuers:
        return {}
    described = f"A token of {' or '.join(issuers)}."
    return {_BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": described}}


_SIGNATURE = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "description": "AWS Signature Version 4 for the service execute-api.",
    "x-amazon-apigateway-authtype": "awsSigv4",
}

_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The error's type, such as ContractError."},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        },
    },
}

_EXECUTION: Json = {
    "type": "object",
    "required": ["execution"],
    "properties": {"execution": {"type": "string", "description": "The id to ask about."}},
}


@dataclass(slots=True, kw_only=True)
class _Components:
    """Collects schemas under names that are unique in the document."""

    schemas: Json = field(default_factory=dict)

    def add(self, owner: str, text: str) -> Json:
        """A reference to a schema, its definitions hoisted beside it."""
        schema = json.loads(text)
        schema.pop("$schema", None)
        definitions = schema.pop("$defs", {})
        names = {name: self._name(owner, name, definitions) for name in definitions}
        for name, definition in definitions.items():
            self.schemas[names[name]] = _pointed(definition, names)
        self.schemas[owner] = _pointed(schema, names)
        return {"$ref": f"#/components/schemas/{owner}"}

    def _name(self, owner: str, name: str, definitions: Json) -> str:
        """The definition's own name, or one behind its owner's where another type has it already."""
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        own = _pointed(definitions[name], {each: re.sub(r"[^A-Za-z0-9._-]", "_", each) for each in definitions})
        return plain if plain != "Problem" and self.schemas.get(plain, own) == own else f"{owner}.{plain}"


def _pointed(schema: Any, names: dict[str, str]) -> Any:
    """A schema whose references point into the document."""
    if isinstance(schema, list):
        return [_pointed(each, names) for each in schema]
    if not isinstance(schema, dict):
        return schema
    pointed = {key: _pointed(value, names) for key, value in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        pointed["$ref"] = f"#/components/schemas/{names[reference.removeprefix('#/$defs/')]}"
    match schema:
        case {"discriminator": {"mapping": {**mapping}}} if all(isinstance(each, str) for each in mapping.values()):
            pointed["discriminator"]["mapping"] = {
                key: f"#/components/schemas/{names[str(each).removeprefix('#/$defs/')]}"
                for key, each in mapping.items()
            }
    return pointed


_ELSEWHERE: Json = {
    "303": {
        "description": "The answer is larger than an API's: it lies at the URL, for 15 minutes.",
        "headers": {
            "location": {"schema": {"type": "string", "format": "uri"}},
            DIGEST_HEADER: {"schema": {"type": "string"}, "description": "SHA-256 of what lies there, in hex."},
        },
    }
}


def _call(spec: ModelSpec | PipelineSpec, kind: str, components: _Components) -> Json:
    mode = spec.mode if isinstance(spec, PipelineSpec) else PipelineMode.SYNC
    body = components.add(f"{spec.name}.input", spec.input_schema)
    if mode is PipelineMode.BATCH:
        body = BATCH
    if mode is not PipelineMode.SYNC:
        success = {"202": {"description": "Started.", "content": _content(_EXECUTION)}}
    else:
        output = components.add(f"{spec.name}.output", spec.output_schema)
        success = {"200": {"description": "The result.", "content": _content(output)}}
        success |= _ELSEWHERE
    instead = INSTEAD if not spec.access.public and mode is not PipelineMode.BATCH else {}
    if instead:
        success["200"] = _with_place(success.get("200"))
    repeats = _REPEATS if mode is not PipelineMode.SYNC else {}
    return {
        "operationId": spec.name,
        "tags": [kind],
        **({"description": spec.description} if spec.description else {}),
        **({"parameters": [_KEY]} if repeats else {}),
        "requestBody": {"required": True, "content": _content(body) | instead},
        "responses": {**success, **repeats, **_problems(_problems_of(spec, mode))},
        "security": _security(spec),
    }


def _problems_of(spec: ModelSpec | PipelineSpec, mode: PipelineMode) -> tuple[int, ...]:
    """What a call may end with: of a pipeline that answers itself, its steps' ends, too."""
    waits = isinstance(spec, PipelineSpec) and mode is PipelineMode.SYNC
    return _CALL_PROBLEMS + (_OF_PIPELINES if waits else ())


def _with_place(answer: Json | None) -> Json:
    """The answer to a call, or to the question where to put its input."""
    if answer is None:
        return {"description": "Where to put the input.", "content": WHERE_TO}
    return {"description": "The result, or where to put the input.", "content": answer["content"] | WHERE_TO}


def _status(pipeline: PipelineSpec, components: _Components) -> Json:
    output = components.add(f"{pipeline.name}.output", pipeline.output_schema)
    ends = BATCH_PROGRESS if pipeline.mode is PipelineMode.BATCH else {"output": output}
    answer: Json = {
        "type": "object",
        "required": ["execution", "status"],
        "properties": {
            "execution": {"type": "string"},
            "status": {"enum": ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]},
            "error": {"type": "string", "description": "What a run that failed ended with."},
            "detail": {"type": "string"},
            **ends,
        },
    }
    return {
        "operationId": f"{pipeline.name}_status",
        "tags": ["pipelines"],
        "parameters": [{"name": "execution", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "How far it is; `output` once it succeeded.", "content": _content(answer)},
            **({} if pipeline.mode is PipelineMode.BATCH else _ELSEWHERE),
            **_problems(_STATUS_PROBLEMS),
        },
        "security": _security(pipeline),
    }


def _security(spec: ModelSpec | PipelineSpec) -> list[Json]:
    if spec.access.tokens is not None:
        return [{_BEARER: list(spec.access.tokens.scopes)}]
    return [] if spec.access.public else [{_SIGNED: []}]


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _problems(statuses: tuple[int, ...]) -> Json:
    return {str(status): {"$ref": f"#/components/responses/{_response_name(status)}"} for status in statuses}


def _response_name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def _problem(description: str) -> Json:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": reference}}}


_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Names the run: the same request under the same key is answered with the same run.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,80}$"},
}
_REPEATS: Json = {"409": _problem("Another request was made under this Idempotency-Key.")}
