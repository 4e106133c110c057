"""What a caller may leave out, filled in where a pipeline's input comes in: from there on every value is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_engine.pipelines.graph import Field, Value, Variable
from mlfn_engine.pipelines.reading.calls import default_of
from mlfn_engine.pipelines.states.jsonata import expression, literal
from mlfn_engine.pipelines.types import FieldType, fields_of, item_of, members, without_none

if TYPE_CHECKING:
    from mlfn_engine.declarations.signatures import Signature

INPUT = "$states.input.input"


def completed_input(signature: Signature) -> str:
    """An expression for a pipeline's input with the defaults of what is missing."""
    whole = Variable(name=INPUT, type=Any, records=())
    first = signature.parameters[0]
    if len(signature.parameters) == 1:
        return _completed(whole, first.hint, ()) or INPUT
    fields = {
        each.name: FieldType(hint=each.hint, required=True, default=each.default) for each in signature.parameters
    }
    return _object(whole, fields, ()) or INPUT


def _completed(value: Value, hint: Any, around: tuple[Any, ...]) -> str | None:
    """An expression for a complete value of a type; None if nothing can be missing, or nobody could tell where."""
    kinds = members(without_none(hint))
    if len(kinds) != 1 or kinds[0] in around:
        return None
    [kind] = kinds
    if (fields := fields_of(kind)) is not None:
        found, form = _object(value, fields, (*around, kind)), "object"
    else:
        found, form = _list(value, item_of(kind), (*around, kind)), "array"
    if found is None:
        return None
    here = expression(value)
    return f'($type({here}) = "{form}" ? {found} : {here})'


def _object(value: Value, fields: dict[str, FieldType], around: tuple[Any, ...]) -> str | None:
    defaults = {name: found.json for name, each in fields.items() if (found := default_of(each)) is not None}
    inside = []
    for name, each in fields.items():
        place = Field(of=value, key=name, type=each.hint)
        if (complete := _completed(place, each.hint, around)) is not None:
            inside.append(f"{literal(name)}: $exists({expression(place)}) ? {complete}")
    if not defaults and not inside:
        return None
    parts = [literal(defaults), expression(value), *([f"{{{', '.join(inside)}}}"] if inside else [])]
    return f"$merge([{', '.join(parts)}])"


def _list(value: Value, item: Any, around: tuple[Any, ...]) -> str | None:
    """`[…]` keeps a list of one from collapsing into its item."""
    if item is None or fields_of(without_none(item)) is None:
        return None
    name = f"$each{len(around)}"
    found = _completed(Variable(name=name, type=item, records=()), item, around)
    return None if found is None else f"[$map({expression(value)}, function({name}) {{ {found} }})]"
