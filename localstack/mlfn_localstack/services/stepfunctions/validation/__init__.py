"""Whether a definition is a state machine: diagnostics with the place of each mistake, worded as AWS words them."""

from __future__ import annotations

import json

from mlfn_localstack.json_refusals import Refusal, refusal
from mlfn_localstack.services.stepfunctions.validation.diagnostic import Diagnostic
from mlfn_localstack.services.stepfunctions.validation.scope import check_machine

MAX_DEFINITION_BYTES = 1_048_576


def validate(text: str, *, express: bool) -> list[Diagnostic]:
    """What is wrong with a definition; empty if nothing."""
    if not text.strip():
        return [Diagnostic(message="Definition must be a valid JSON object")]
    try:
        machine = json.loads(text, object_pairs_hook=_unique)
    except _DuplicateError as error:
        return [Diagnostic(message=f"Duplicate field '{error}'", code="INVALID_JSON_DESCRIPTION")]
    except ValueError as error:
        return [_syntax(text, error)]
    except RecursionError:
        return [Diagnostic(message="The states are too deeply nested", code="TOO_DEEPLY_NESTED")]
    if not isinstance(machine, dict):
        return [Diagnostic(message="Definition must be a valid JSON object")]
    return check_machine(machine, express=express)


def summary(diagnostics: list[Diagnostic]) -> str:
    """Diagnostics in one line, as an InvalidDefinition error carries them."""
    return ", ".join(str(diagnostic) for diagnostic in diagnostics)


class _DuplicateError(ValueError):
    pass


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise _DuplicateError(name)
        members[name] = value
    return members


def _syntax(text: str, error: ValueError) -> Diagnostic:
    found = _refusal(error) if isinstance(error, json.JSONDecodeError) else Refusal(str(error), 0)
    before = text[: found.index]
    behind = 2 if found.words.startswith("Unexpected character") else 1
    column = len(before) - (before.rfind("\n") + 1) + behind
    place = f"[Source: {_source(text)}; line: {before.count(chr(10)) + 1}, column: {column}]"
    return Diagnostic(message=f"{found.words}\n at {place}", code="INVALID_JSON_DESCRIPTION", location=place)


def json_problem(error: ValueError) -> str:
    """Why a text is no JSON, in the words of the parser AWS uses."""
    return _refusal(error).words if isinstance(error, json.JSONDecodeError) else str(error)


def _refusal(error: json.JSONDecodeError) -> Refusal:
    """What Jackson says; of what follows a whole value, that it is none."""
    source = _source(error.doc)
    value = json.JSONDecodeError("Expecting value", error.doc, error.pos)
    found = refusal(error, source) or refusal(value, source)
    return found or Refusal("Unexpected end-of-input", len(error.doc))


def _source(text: str) -> str:
    return f'(String)"{text[:500]}"'


__all__ = ["MAX_DEFINITION_BYTES", "Diagnostic", "json_problem", "summary", "validate"]
