"""What a pipeline needs to know of type hints: fields, items, what fits where, and how JSON carries it."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import types
import typing
from dataclasses import dataclass
from typing import Any, Union

import typing_extensions
from pydantic import BaseModel, RootModel

from mlfn_engine.declarations.signatures import Default

_LISTS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_NUMBERS_AND_NOTHING = (int, float, bool, type(None))
_REQUIRED = (typing.Required, typing.NotRequired, typing_extensions.ReadOnly)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """A field of a typed object."""

    hint: Any
    required: bool
    """It is there whenever a model gives the object."""
    default: Default | None = None
    factory: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The type of a dict literal."""

    fields: tuple[tuple[str, Any], ...]


def plain(hint: Any) -> Any:
    """A hint without `Annotated`, aliases and new names."""
    while True:
        origin = typing.get_origin(hint)
        if origin is typing.Annotated or origin in _REQUIRED:
            hint = typing.get_args(hint)[0]
        elif isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif isinstance(hint, typing_extensions.TypeAliasType):
            hint = hint.__value__
        else:
            return type(None) if hint is None else hint


def members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union, plain; of any other hint, itself."""
    hint = plain(hint)
    if typing.get_origin(hint) in (Union, types.UnionType):
        return tuple(each for argument in typing.get_args(hint) for each in members(argument))
    return (hint,)


def union(hints: tuple[Any, ...]) -> Any:
    """The union of hints, each once; `Never` of none."""
    distinct = tuple(dict.fromkeys(each for hint in hints for each in members(hint) if each is not typing.Never))
    if not distinct:
        return typing.Never
    if Any in distinct:
        return Any
    return distinct[0] if len(distinct) == 1 else Union[distinct]  # noqa: UP007 - members known at run time only


def is_optional(hint: Any) -> bool:
    """A value may be None."""
    return type(None) in members(hint)


def without_none(hint: Any) -> Any:
    """The hint of a value that is known not to be None."""
    return union(tuple(each for each in members(hint) if each is not type(None)))


def item_of(hint: Any) -> Any | None:
    """The type of a list's items, or of any of several lists'; None if it is no list."""
    if len(members(hint)) > 1:
        items = [item_of(each) for each in members(hint)]
        return None if any(each is None for each in items) else union(tuple(items))
    hint = plain(hint)
    origin, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if hint is Any:
        return Any
    if origin not in _LISTS:
        return None
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return union(arguments)
    return arguments[0] if arguments else Any


def fields_of(hint: Any) -> dict[str, FieldType] | None:
    """The fields of a dataclass, TypedDict, pydantic model or dict literal; None of anything else."""
    hint = plain(hint)
    cls = typing.get_origin(hint) or hint
    if isinstance(hint, Shape):
        return {name: FieldType(hint=each, required=True) for name, each in hint.fields}
    if not isinstance(cls, type):
        return None
    if typing_extensions.is_typeddict(cls):
        return {
            name: FieldType(hint=each, required=_is_required(cls, name, each))
            for name, each in typing_extensions.get_type_hints(cls, include_extras=True).items()
        }
    if issubclass(cls, BaseModel):
        return None if issubclass(cls, RootModel) else _pydantic_fields(cls)
    return _dataclass_fields(cls) if dataclasses.is_dataclass(cls) else None


def _is_required(cls: type, name: str, hint: Any) -> bool:
    """A key's own marker counts first: `__required_keys__` cannot see into hints that are written as text."""
    match typing.get_origin(hint):
        case typing.NotRequired:
            return False
        case typing.Required:
            return True
    return name in getattr(cls, "__required_keys__", ())


def _dataclass_fields(cls: type) -> dict[str, FieldType]:
    hints = typing.get_type_hints(cls, include_extras=True)
    missing = dataclasses.MISSING
    return {
        each.name: FieldType(
            hint=hints[each.name],
            required=True,
            default=None if each.default is missing else Default(value=each.default),
            factory=None if each.default_factory is missing else each.default_factory,
        )
        for each in dataclasses.fields(cls)
    }


def _pydantic_fields(cls: type[BaseModel]) -> dict[str, FieldType]:
    return {
        name: FieldType(
            hint=each.annotation,
            required=each.exclude is None,
            default=None if each.is_required() or each.default_factory else Default(value=each.default),
            factory=each.default_factory,
        )
        for name, each in cls.model_fields.items()
    }


def assignable(source: Any, target: Any) -> bool:
    """A value of type `source` is always a value of type `target`; `Any` fits everything and everything fits it."""
    if source is typing.Never or Any in members(target) or plain(target) is object:
        return True
    sources = members(source)
    if len(sources) > 1:
        return all(assignable(each, target) for each in sources)
    return sources[0] is Any or any(_fits(sources[0], each) for each in members(target))


def _fits(source: Any, target: Any) -> bool:
    if source == target:
        return True
    if typing.get_origin(source) is typing.Literal:
        return _literal_fits(typing.get_args(source), target)
    if isinstance(source, Shape) or typing_extensions.is_typeddict(source):
        return _object_fits(source, target)
    item = item_of(target)
    if item is not None:
        return _list_fits(source, target, item)
    arguments = typing.get_args(target)
    origin = typing.get_origin(target) or target
    if origin in _DICTS:
        return _dict_fits(source, arguments)
    return _class_fits(source, target)


def _literal_fits(values: tuple[Any, ...], target: Any) -> bool:
    if typing.get_origin(target) is typing.Literal:
        allowed = [(type(each), each) for each in typing.get_args(target)]
        return all((type(each), each) in allowed for each in values)
    return all(_fits(type(each), target) for each in values)


def _object_fits(source: Any, target: Any) -> bool:
    """TypedDicts and dict literals fit by their keys, as they do for a type checker."""
    given = fields_of(source) or {}
    origin, arguments = typing.get_origin(target) or target, typing.get_args(target)
    if origin in _DICTS:
        value = arguments[1] if arguments else Any
        return all(assignable(each.hint, value) for each in given.values())
    wanted = fields_of(target) if typing_extensions.is_typeddict(origin) else None
    if wanted is None or (isinstance(source, Shape) and set(given) - set(wanted)):
        return False
    return all(
        assignable(given[name].hint, field.hint) if name in given else not field.required
        for name, field in wanted.items()
    )


def _list_fits(source: Any, target: Any, item: Any) -> bool:
    arguments = typing.get_args(target)
    is_fixed = (typing.get_origin(target) or target) is tuple and bool(arguments) and arguments[-1] is not Ellipsis
    if is_fixed:
        given = typing.get_args(source)
        same_length = typing.get_origin(source) is tuple and len(given) == len(arguments)
        return same_length and all(map(assignable, given, arguments))
    of = item_of(source)
    return of is not None and assignable(of, item)


def _dict_fits(source: Any, arguments: tuple[Any, ...]) -> bool:
    given = typing.get_args(source)
    if (typing.get_origin(source) or source) not in _DICTS:
        return False
    return not arguments or not given or all(map(assignable, given, arguments))


def _class_fits(source: Any, target: Any) -> bool:
    cls, wanted = typing.get_origin(source) or source, typing.get_origin(target) or target
    if not isinstance(cls, type) or not isinstance(wanted, type) or typing.get_args(target):
        return False
    if wanted is float:
        return cls in (int, float)
    if wanted is int and cls is bool:
        return False  # a bool is an int in Python, but a strict contract tells true from 1
    return issubclass(cls, wanted)


def may_be_string(hint: Any) -> bool:
    """Its JSON may be a string."""
    return any(not _is_array(each) and not _is_object(each) and not _is_number(each) for each in members(hint))


def may_be_array(hint: Any) -> bool:
    """Its JSON may be an array."""
    return any(not _is_object(each) and not _is_scalar(each) for each in members(hint))


def _is_array(hint: Any) -> bool:
    return hint is not Any and item_of(hint) is not None


def _is_object(hint: Any) -> bool:
    return (typing.get_origin(hint) or hint) in _DICTS or fields_of(hint) is not None


def _is_number(hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal:
        return not any(isinstance(each, (str, bytes, enum.Enum)) for each in typing.get_args(hint))
    return hint in _NUMBERS_AND_NOTHING


def _is_scalar(hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal or hint in (*_NUMBERS_AND_NOTHING, str, bytes):
        return True
    return isinstance(hint, type) and issubclass(hint, (str, enum.Enum))


def show(hint: Any) -> str:
    """A hint as a user would write it."""
    if isinstance(hint, Shape):
        return "{" + ", ".join(f"{name!r}: {show(each)}" for name, each in hint.fields) + "}"
    if len(members(hint)) > 1:
        return " | ".join(show(each) for each in members(hint))
    hint = plain(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return f"Literal[{', '.join(repr(each) for each in arguments)}]"
    if origin is not None:
        inner = ", ".join("..." if each is Ellipsis else show(each) for each in arguments)
        return f"{getattr(origin, '__name__', origin)}[{inner}]"
    return "None" if hint is type(None) else getattr(hint, "__name__", str(hint))
