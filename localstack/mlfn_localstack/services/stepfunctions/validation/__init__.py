"""Whether a definition is a state machine: diagnostics with the place of each mistake, worded as AWS words them."""

from __future__ import annotations

import json
import re

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
    position = error.pos if isinstance(error, json.JSONDecodeError) else 0
    reason = json_problem(text, position)
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + (4 if reason.startswith("Unrecognized token") else 2)
    place = f'[Source: (String)"{text[:500]}"; line: {line}, column: {column}]'
    return Diagnostic(message=f"{reason}\n at {place}", code="INVALID_JSON_DESCRIPTION", location=place)


def json_problem(text: str, position: int) -> str:
    """Why JSON is malformed at a position, in the words of the parser AWS uses."""
    rest = text[position:]
    if not rest.strip():
        return "Unexpected end-of-input"
    word = ""
    for character in rest:
        if not (character.isalnum() or character == "_"):
            break
        word += character
    if word and not word[0].isdigit():
        expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        return f"Unrecognized token '{word}': was expecting {expected}"
    before = text[:position].rstrip()
    expects_name = before.endswith(("{", ",")) and _encloses(before) == "{"
    expected = "double-quote to start field name" if expects_name else "a valid value"
    if expected == "a valid value":
        return (
            f"Unexpected character ('{rest[0]}' (code {ord(rest[0])})): expected a valid value"
            " (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        )
    return f"Unexpected character ('{rest[0]}' (code {ord(rest[0])})): was expecting {expected}"


def _encloses(before: str) -> str:
    """The bracket that is open at the end of a JSON text's beginning."""
    opened = []
    for symbol in re.sub(r'"(?:[^"\\]|\\.)*"', "", before):
        if symbol in "{[":
            opened.append(symbol)
        elif symbol in "}]" and opened:
            opened.pop()
    return opened[-1] if opened else ""


__all__ = ["MAX_DEFINITION_BYTES", "Diagnostic", "json_problem", "summary", "validate"]
