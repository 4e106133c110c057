"""Template text to plain JSON values: JSON, or YAML with the short forms of intrinsic functions."""

from __future__ import annotations

import json
from typing import Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error

MAX_BODY_BYTES = 51_200  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_STORED_BODY_BYTES = 1_000_000


def parse_template(body: str) -> dict[str, Any]:
    """The document in a template's text.

    Raises:
        ServiceError: it is neither JSON nor YAML, or no object.
    """
    document = _load(body)
    if not isinstance(document, dict):
        raise validation_error("Template format error: unsupported structure.")
    null = _first_null(document, "")
    if null is not None:
        raise validation_error(f"[{null}] 'null' values are not allowed in templates")
    return document


def parse_snippet(text: str) -> Any:
    """What a part of a template that lies elsewhere says: JSON, or YAML without short forms; None if it is neither."""
    from mlfn_localstack.services.cloudformation.yaml_text import load_plain_yaml  # noqa: PLC0415 - see _load

    try:
        return load_plain_yaml(text)
    except ServiceError:
        return None


def _first_null(value: Any, path: str) -> str | None:
    """Where nothing stands for a value, if that is anywhere."""
    if value is None:
        return path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((found for key, item in items if (found := _first_null(item, f"{path}/{key}")) is not None), None)


def _load(body: str) -> Any:
    if body.lstrip().startswith("{"):
        try:
            return json.loads(body, object_pairs_hook=_unique)
        except json.JSONDecodeError as error:
            place = f"(line {error.lineno}, column {error.colno + 1})"
            raise validation_error(f"Template format error: JSON not well-formed. {place}") from error
        except (ValueError, RecursionError) as error:
            raise validation_error(f"Template format error: JSON not well-formed. ({error})") from error
    from mlfn_localstack.services.cloudformation.yaml_text import load_yaml  # noqa: PLC0415 - a megabyte of memory

    return load_yaml(body)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
