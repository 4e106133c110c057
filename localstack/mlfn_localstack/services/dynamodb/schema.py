"""Tables and indexes read from CreateTable and UpdateTable, with the service's rules for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint, invalid, validation
from mlfn_localstack.services.dynamodb.model import (
    Index,
    Key,
    KeySchema,
    ProjectionType,
    Stream,
    StreamView,
    Units,
)
from mlfn_localstack.services.dynamodb.tables import table_name
from mlfn_localstack.services.dynamodb.throughput import limited, of_new_index, warm_units, warmed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Params
    from mlfn_localstack.services.dynamodb.throughput import Scope

_KEY_KINDS = ("B", "N", "S")
_MAX_LOCAL = 5
MAX_GLOBAL = 20
_MAX_PROJECTED = 100


def attribute_kinds(params: Params) -> dict[str, str]:
    """AttributeDefinitions by name."""
    kinds: dict[str, str] = {}
    for definition in params.get("AttributeDefinitions") or ():
        name, kind = definition["AttributeName"], definition["AttributeType"]
        if kind not in _KEY_KINDS:
            rule = f"Member must satisfy enum value set: [{', '.join(_KEY_KINDS)}]"
            raise constraint(f"'{kind}'", "attributeDefinitions.1.member.attributeType", rule)
        if name in kinds:
            raise validation(f"Attribute Name is duplicated: {name}")
        kinds[name] = kind
    return kinds


def key_schema(elements: Sequence[Mapping[str, str]] | None, kinds: Mapping[str, str]) -> KeySchema:
    """A KeySchema whose attributes are defined."""
    if not elements:
        raise constraint("null", "keySchema", "Member must not be null")
    if len(elements) > 2:
        shown = ", ".join(
            f"KeySchemaElement(attributeName={e['AttributeName']}, keyType={e['KeyType']})" for e in elements
        )
        raise constraint(f"'[{shown}]'", "keySchema", "Member must have length less than or equal to 2")
    if elements[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(elements) == 2 and elements[1]["KeyType"] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    names = [element["AttributeName"] for element in elements]
    if len(kinds) < len(names):
        raise validation("Invalid KeySchema: Some index key attribute have no definition")
    if len(set(names)) != len(names):
        raise validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    undefined = [name for name in names if name not in kinds]
    if undefined:
        listed = f"Keys: [{', '.join(undefined)}], AttributeDefinitions: [{', '.join(kinds)}]"
        raise invalid(f"Some index key attributes are not defined in AttributeDefinitions. {listed}")
    keys = [Key(name=name, kind=kinds[name]) for name in names]
    return KeySchema(hash=keys[0], range=keys[1] if len(keys) == 2 else None)


def indexes(params: Params, schema: KeySchema, kinds: Mapping[str, str], scope: Scope) -> tuple[Index, ...]:
    """The secondary indexes of CreateTable."""
    many = "Number of LocalSecondaryIndexes exceeds per-table"
    local = _listed(params, "LocalSecondaryIndexes", _MAX_LOCAL, many)
    many = "GlobalSecondaryIndex count exceeds the per-table"
    others = _listed(params, "GlobalSecondaryIndexes", MAX_GLOBAL, many)
    found: list[Index] = []
    for number, definition in enumerate((*local, *others), 1):
        if number <= len(local):
            index = secondary_index(definition, number, kinds)
            _check_local(index, schema)
        else:
            index = global_index(definition, number, kinds, scope)
        if any(other.name == index.name for other in found):
            raise invalid(f"Duplicate index name: {index.name}")
        found.append(index)
    _check_projected(found)
    return tuple(found)


def global_index(
    definition: Mapping[str, Any], number: int, kinds: Mapping[str, str], scope: Scope, *, with_table: bool = True
) -> Index:
    """A global secondary index and what it can take, made along with its table or later."""
    scope = replace(scope, index=definition.get("IndexName"))
    _check_single_keys(definition)
    index = secondary_index(definition, number, kinds, local=False)
    index = replace(index, throughput=of_new_index(definition, scope, with_table=with_table))
    return replace(
        index,
        limit=limited(definition.get("OnDemandThroughput"), Units(), scope),
        warm=warmed(definition.get("WarmThroughput"), warm_units(index, on_demand=scope.on_demand), scope),
    )


def secondary_index(
    definition: Mapping[str, Any], number: int, kinds: Mapping[str, str], *, local: bool = True
) -> Index:
    """A secondary index, without what it can take."""
    projection = definition.get("Projection") or {}
    kind = projection.get("ProjectionType")
    if kind not in list(ProjectionType):
        raise invalid(f"Unknown ProjectionType: {'null' if kind is None else kind}")
    include = tuple(projection.get("NonKeyAttributes") or ())
    if include and kind != ProjectionType.INCLUDE:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if kind == ProjectionType.INCLUDE and not include:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    twice = next((name for at, name in enumerate(include) if name in include[:at]), None)
    if twice is not None:
        raise invalid(f"Duplicate element in NonKeyAttributes: {twice}")
    return Index(
        name=table_name(definition.get("IndexName"), minimum=3),
        number=number,
        local=local,
        schema=key_schema(definition.get("KeySchema"), kinds),
        projection=ProjectionType(kind),
        include=include,
    )


def _check_single_keys(definition: Mapping[str, Any]) -> None:
    kinds = [element.get("KeyType") for element in definition.get("KeySchema") or ()]
    if kinds == sorted(kinds) and max(kinds.count("HASH"), kinds.count("RANGE")) > 1:
        name = definition.get("IndexName")
        raise validation(f"The emulator does not support keys of several attributes, as index {name} has them.")


def check_all_used(kinds: Mapping[str, str], schema: KeySchema, found: Sequence[Index]) -> None:
    """Refuse attribute definitions that no key uses."""
    used = {*schema.names, *(name for index in found for name in index.schema.names)}
    if set(kinds) == used:
        return
    if not found:
        what = "Number of attributes in KeySchema does not exactly match number of attributes defined in"
        raise invalid(f"{what} AttributeDefinitions")
    listed = f"AttributeDefinitions: [{', '.join(sorted(kinds))}], keys used: [{', '.join(sorted(used))}]"
    raise invalid(f"Some AttributeDefinitions are not used. {listed}")


def stream(params: Params, label: str, *, creating: bool) -> Stream | None:
    """The stream that StreamSpecification asks for."""
    wanted = params.get("StreamSpecification") or {"StreamEnabled": False}
    if wanted.get("StreamEnabled") is None:
        raise constraint("null", "streamSpecification.streamEnabled", "Member must not be null")
    view = wanted.get("StreamViewType")
    if not wanted["StreamEnabled"]:
        if view and creating:
            raise invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")
        if view:
            raise invalid("If stream is being disabled, then UpdateViewType must not be specified")
        return None
    if not view:
        start = "Table is being created with a stream enabled," if creating else "If stream is being enabled then"
        raise invalid(f"{start} UpdateViewType is required")
    if view not in list(StreamView):
        rule = "Member must satisfy enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]"
        raise constraint(f"'{view}'", "streamSpecification.streamViewType", rule)
    return Stream(label=label, view=StreamView(view))


def _listed(params: Params, member: str, limit: int, beyond: str) -> list[Mapping[str, Any]]:
    given = params.get(member)
    if given is None:
        return []
    if not given:
        raise invalid(f"List of {member} is empty")
    if len(given) > limit:
        raise invalid(f"{beyond} limit of {limit}")
    return list(given)


def _check_local(index: Index, schema: KeySchema) -> None:
    if schema.range is None:
        what = "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        raise invalid(what)
    if index.schema.range is None:
        raise invalid(f"Index KeySchema does not have a range key for index: {index.name}")
    if index.schema.hash != schema.hash:
        keys = f"index hash key: {index.schema.hash.name}, table hash key: {schema.hash.name}"
        same = "Index KeySchema does not have the same leading hash key as table KeySchema for index"
        raise invalid(f"{same}: {index.name}. {keys}")


def _check_projected(found: Sequence[Index]) -> None:
    count = sum(len(index.include) for index in found)
    if count > _MAX_PROJECTED:
        raise invalid(f"Number of NonKeyAttributes in all indexes ({count}) exceeds the limit of {_MAX_PROJECTED}")
