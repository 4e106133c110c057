"""JSON Schemas (2020-12) of what a handler takes and gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticSerializationError, SchemaError
from typing_extensions import NotRequired, TypedDict  # noqa: UP035 - pydantic refuses typing's before Python 3.12

from mlfn.blobs import SCHEMA_MARK
from mlfn_engine.canonical import canonical

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaMode
    from pydantic_core.core_schema import BytesSchema

    from mlfn_engine.declarations.signatures import Parameter
    from mlfn_engine.values import ModelSpec, PipelineSpec

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NO_FORM = r"\1\2 has no JSON form"
Schema = dict[str, Any]


class UnsupportedTypeError(Exception):
    """A type that JSON cannot carry."""


class _Generator(GenerateJsonSchema):
    """pydantic's, with bytes in the words of JSON Schema 2020-12."""

    def bytes_schema(self, schema: BytesSchema) -> Schema:
        return {"type": "string", "contentEncoding": "base64"}


def input_schema(parameters: tuple[Parameter, ...]) -> str:
    """The schema of a request's body, as canonical JSON: of the parameter's type, or an object with a key for each."""
    if len(parameters) == 1:
        return _text(_schema(parameters[0].hint, "validation"))
    keys = {each.name: each.hint if each.default is None else NotRequired[each.hint] for each in parameters}
    body = TypedDict("Input", keys)  # type: ignore[misc]  # made at run time on purpose
    schema = {**_schema(body, "validation"), "additionalProperties": False}
    for each in parameters:
        if each.default is not None:
            _add_default(schema["properties"], each.name, each.hint, each.default.value)
    return _text(schema)


def output_schema(hint: Any) -> str:
    """The schema of an answer's body, as canonical JSON."""
    return _text(_schema(hint, "serialization"))


def has_blobs(spec: ModelSpec | PipelineSpec) -> bool:
    """Whether it takes or gives a `Blob`, somewhere in its types."""
    return any(f'"{SCHEMA_MARK}"' in each for each in (spec.input_schema, spec.output_schema))


def has_blob_routes(spec: ModelSpec | PipelineSpec) -> bool:
    """Whether callers put contents into the app's bucket for it, or get them from there."""
    return has_blobs(spec) or getattr(spec, "mode", None) == "batch"


def to_json(hint: Any, value: Any) -> Any:
    """`value` of type `hint` as JSON data.

    Raises:
        UnsupportedTypeError: JSON cannot carry it.
    """
    try:
        return TypeAdapter(hint).dump_python(value, mode="json", warnings="error")
    except (PydanticUserError, PydanticSerializationError, ValueError) as error:
        raise UnsupportedTypeError(str(error)) from error


def _schema(hint: Any, mode: Literal["validation", "serialization"]) -> Schema:
    selected: JsonSchemaMode = mode
    try:
        adapter = TypeAdapter(hint)
        return adapter.json_schema(mode=selected, by_alias=mode == "validation", schema_generator=_Generator)
    except (PydanticUserError, PydanticUndefinedAnnotation, SchemaError, TypeError, NameError) as error:
        raise UnsupportedTypeError(_reason(str(error))) from error


def _reason(message: str) -> str:
    """pydantic's first sentence, without its own terms."""
    sentence = message.splitlines()[0].partition(". ")[0].rstrip(".")
    sentence = re.sub(r"^Unable to generate pydantic-core schema for (?:<class '(.*)'>|(.*))$", _NO_FORM, sentence)
    return re.sub(r"^Cannot generate a JsonSchema for core_schema\.(\w+)Schema()\b.*$", _NO_FORM, sentence)


def _add_default(properties: Schema, name: str, hint: Any, value: Any) -> None:
    properties[name] = {**properties[name], "default": to_json(hint, value)}


def _text(schema: Schema) -> str:
    return canonical({"$schema": _DIALECT, **schema})
