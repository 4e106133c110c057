"""Calls inside a pipeline: of models, and of the types that hold their values."""

from __future__ import annotations

import ast
import dataclasses
import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mlfn.approvals import approval
from mlfn.declare import ModelMark, PipelineMark, mark_of
from mlfn.flow import limit, parallel, wait
from mlfn.steps import step
from mlfn_engine.declarations.schemas import UnsupportedTypeError, to_json
from mlfn_engine.pipelines.graph import Callee, Constant, Field, Inner, Invoke, ObjectOf, Value, Variable
from mlfn_engine.pipelines.reading.asking import ask
from mlfn_engine.pipelines.reading.handlers import error_part
from mlfn_engine.pipelines.reading.lists import kept, settled
from mlfn_engine.pipelines.reading.policies import policy_of
from mlfn_engine.pipelines.reading.scope import MISSING
from mlfn_engine.pipelines.reading.source import Refusal
from mlfn_engine.pipelines.reading.static import step_of
from mlfn_engine.pipelines.types import FieldType, assignable, fields_of, is_optional, show, without_none

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.pipelines.reading.policies import Policy
    from mlfn_engine.pipelines.reading.scope import Block, Local

    Evaluate = Callable[[ast.expr, Block], Value]

_FLOW: tuple[tuple[Any, tuple[str, str]], ...] = (
    (step, ("This step is never called.", "Write step(model, …)(input).")),
    (limit, ("limit() is for a list that is looped over.", "Write [model(each) for each in limit(items, 10)].")),
    (wait, ("wait() gives no value.", "Write it on a line of its own.")),
    (parallel, ("parallel() gives no value.", "Write with parallel(): and a branch on each line below it.")),
)
_INSIDE_A_MODEL = "Do it inside a model: a pipeline passes values on, it does not compute."


def evaluate_call(node: ast.Call, block: Block, evaluate: Evaluate, wanted: str | None = None) -> Value:
    """The value of a call; `wanted` names the variable that a model's answer goes to.

    Raises:
        Refusal: it is a call that a state machine cannot make, or its arguments do not fit.
    """
    if (part := error_part(node, block)) is not None:
        return part
    if block.outside(node.func) is approval:
        return ask(node, block, evaluate, wanted)
    made = step_of(node.func, block)
    function = block.outside(node.func) if made is None else made.function
    for callee in block.context.callees:
        if callee.handler is function:
            call = _inner if callee.is_pipeline else _invoke
            return call(node, policy_of(node, made, callee, block), block, evaluate, wanted)
    if isinstance(function, type) and fields_of(function) is not None:
        return _construct(node, function, block, evaluate)
    raise _refused_call(node, function, block)


def _refused_call(node: ast.Call, function: Any, block: Block) -> Refusal:
    written = ast.unparse(node.func)
    models = ", ".join(sorted(each.name for each in block.context.callees if not each.is_pipeline)) or "none"
    match mark_of(function):
        case ModelMark():
            hint = f"Add {function.__module__!r} to modules in [tool.mlfn]. Declared models: {models}."
            return Refusal(node.func, f"{written} is a model, but not declared in this app.", hint)
        case PipelineMark():
            hint = f"Add {function.__module__!r} to modules in [tool.mlfn]."
            return Refusal(node.func, f"{written} is a pipeline, but not declared in this app.", hint)
    for word, (sentence, hint) in _FLOW:
        if function is word:
            return Refusal(node, sentence, hint)
    if isinstance(node.func, ast.Name) and function is MISSING:
        if node.func.id in block.scope:
            return Refusal(node.func, f"{written} is a value, not a model.", f"Call a model: {models}.")
        close = difflib.get_close_matches(written, [each.name for each in block.context.callees], n=1)
        hint = f"{f'Did you mean {close[0]}?' if close else 'Mark it with @model.'} Declared models: {models}."
        return Refusal(node.func, f"{written} is not a declared model.", hint)
    if isinstance(node.func, ast.Attribute) and function is MISSING:
        return Refusal(node, f"A pipeline cannot call the method {node.func.attr}.", _INSIDE_A_MODEL)
    hint = f"Mark it with @model, or call it inside a model. Declared models: {models}."
    return Refusal(node.func, f"{written} is not a declared model.", hint)


def _invoke(node: ast.Call, policy: Policy, block: Block, evaluate: Evaluate, wanted: str | None) -> Variable:
    callee = policy.callee
    arguments = tuple((name, settled(value, name, block)) for name, value in _arguments(node, callee, block, evaluate))
    result = callee.signature.result if callee.signature else Any
    variable = block.answer(wanted or callee.name, result)
    state = block.context.names.state(callee.name)
    block.nodes.append(
        Invoke(
            state=state,
            callee=callee,
            arguments=arguments,
            result=variable,
            again=policy.again,
            timeout_s=policy.timeout_s,
        )
    )
    return variable


def _inner(node: ast.Call, policy: Policy, block: Block, evaluate: Evaluate, wanted: str | None) -> Variable:
    """Another pipeline's nodes, in a level of their own: its variables are not ours."""
    callee = policy.callee
    if callee.handler in block.context.inside:
        raise Refusal(node.func, f"{callee.name} would call itself.", "Loop inside a model.")
    scope: dict[str, Local] = {}
    given = dict(_arguments(node, callee, block, evaluate))
    for each in callee.signature.parameters if callee.signature else ():
        default = default_of(FieldType(hint=each.hint, required=True, default=each.default))
        value = given.get(each.name, default or Constant(json=None, type=each.hint))
        if not isinstance(value, Constant | Variable | Field):  # what is in it is no business of the inner pipeline's
            value = kept(value, each.name, block)
        scope[each.name] = replace(value, type=each.hint)
    body = block.context.compile_inner(callee, scope, block)
    variable = block.answer(wanted or callee.name, callee.signature.result if callee.signature else Any)
    state = block.context.names.state(callee.name)
    block.nodes.append(Inner(state=state, pipeline=callee.name, body=body, result=variable, again=policy.again))
    return variable


def _arguments(node: ast.Call, callee: Callee, block: Block, evaluate: Evaluate) -> tuple[tuple[str, Value], ...]:
    if callee.signature is None:  # its own mistake is reported already
        return ()
    parameters = {each.name: each for each in callee.signature.parameters}
    places = _bound(node, list(parameters), callee.name)
    missing = [name for name, each in parameters.items() if name not in places and each.default is None]
    if missing:
        raise Refusal(node, f"{callee.name} needs {_listed(missing)}.", f"Write {callee.name}({_call(missing)}).")
    values = {}
    for name, place in places.items():
        values[name] = check_fit(place, evaluate(place, block), parameters[name].hint, f"{callee.name} takes")
    only = next(iter(parameters.values()))
    if not values and only.default is not None and len(parameters) == 1:
        values[only.name] = Constant(json=to_json(only.hint, only.default.value), type=only.hint)
    return tuple(values.items())


def _construct(node: ast.Call, cls: type, block: Block, evaluate: Evaluate) -> ObjectOf:
    _check_plain(node, cls)
    fields = fields_of(cls) or {}
    positional = list(fields) if dataclasses.is_dataclass(cls) else []
    places = _bound(node, positional, cls.__name__, named=list(fields))
    entries = []
    for name, field in fields.items():
        if name in places:
            value = check_fit(places[name], evaluate(places[name], block), field.hint, f"{cls.__name__}.{name} is")
            entries.append((name, value))
        elif (default := default_of(field)) is not None:
            entries.append((name, default))
        elif field.required:
            raise Refusal(node, f"{cls.__name__} needs {name}.", f"Add {name}=… ({show(field.hint)}).")
    return ObjectOf(entries=tuple(entries), type=cls)


def default_of(field: FieldType) -> Constant | None:
    """The value of a field that is left out, if it has one that JSON can carry."""
    if field.default is None and field.factory is None:
        return None
    try:
        value = field.factory() if field.default is None else field.default.value
        return Constant(json=to_json(field.hint, value), type=field.hint)
    except (UnsupportedTypeError, TypeError):
        return None


def _check_plain(node: ast.Call, cls: type) -> None:
    """Refuse types whose constructor does more than keep its arguments: the state machine would not."""
    reason = None
    if issubclass(cls, BaseModel):
        reason = _model_extra(cls)
    elif dataclasses.is_dataclass(cls):
        if hasattr(cls, "__post_init__"):
            reason = "has a __post_init__"
        elif _has_validators(cls):
            reason = "has validators"
        elif not all(each.init for each in dataclasses.fields(cls)):
            reason = "has fields that are not arguments"
    if reason:
        raise Refusal(node, f"{cls.__name__} {reason}, which only Python can run.", "Build it inside a model.")


def _model_extra(cls: type[BaseModel]) -> str | None:
    found = cls.__pydantic_decorators__
    if _has_validators(cls):
        return "has validators"
    if found.computed_fields or cls.__pydantic_custom_init__:
        return "has computed fields or its own __init__"
    if any(each.alias or each.serialization_alias for each in cls.model_fields.values()):
        return "has aliases"
    return None


def _has_validators(cls: type) -> bool:
    found = getattr(cls, "__pydantic_decorators__", None)  # of a model, or of pydantic's own kind of dataclass
    if found is None:
        return False
    return any((found.validators, found.field_validators, found.root_validators, found.model_validators))


def _bound(node: ast.Call, positional: list[str], function: str, named: list[str] | None = None) -> dict[str, ast.expr]:
    """The expression given for each parameter, in the order written."""
    known = positional if named is None else named
    places: dict[str, ast.expr] = {}
    for number, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            raise Refusal(argument, f"{function} is called with *.", "Write the arguments out.")
        if number >= len(positional):
            plural = "s" if len(positional) > 1 else ""
            takes = f"{len(positional)} positional argument{plural}" if positional else "named arguments only"
            raise Refusal(argument, f"{function} takes {takes}.", f"It has: {_call(known)}.")
        places[positional[number]] = argument
    for keyword in node.keywords:
        if keyword.arg is None:
            raise Refusal(keyword.value, f"{function} is called with **.", "Write the arguments out.")
        if keyword.arg not in known:
            sentence = f"{function} has no parameter {keyword.arg!r}."
            raise Refusal(keyword, sentence, _instead_of(keyword.arg, function, known))
        if keyword.arg in places:
            raise Refusal(keyword, f"{function} is given {keyword.arg!r} twice.", "Give it once.")
        places[keyword.arg] = keyword.value
    return places


def _instead_of(keyword: str, function: str, known: list[str]) -> str:
    if keyword in ("retry", "timeout_s"):
        return f"Write step({function}, {keyword}=…)(…)."
    close = difflib.get_close_matches(keyword, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"It has: {_call(known)}."


def check_fit(node: ast.AST, value: Value, wanted: Any, subject: str) -> Value:
    """`value`, if it fits a place of type `wanted`.

    Raises:
        Refusal: it does not.
    """
    if assignable(value.type, wanted):
        return value
    given = show(value.type)
    if is_optional(value.type) and assignable(without_none(value.type), wanted):
        step = "Let the model that receives it take None as well, or the one that gives it never give None."
        raise Refusal(node, f"{subject} {show(wanted)}, but this may be None ({given}).", step)
    step = f"Give it a value of type {show(wanted)}, or change the model's type hint."
    if isinstance(value, ObjectOf) and isinstance(wanted, type) and fields_of(wanted) is not None:
        step = f"Write {show(wanted)}(…) instead of a dict."
    raise Refusal(node, f"{subject} {show(wanted)}, but this is {given}.", step)


def _listed(names: list[str]) -> str:
    return " and ".join(names)


def _call(names: list[str]) -> str:
    return ", ".join(f"{name}=…" for name in names)
