"""Tables and indexes read from CreateTable and UpdateTable, with the service's rules for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint, invalid, validation
from mlfn_localstack.services.dynamodb.model import (
    Index,
    Key,
    KeySchema,
    ProjectionType,
    Stream,
    StreamView,
    Throughput,
)
from mlfn_localstack.services.dynamodb.tables import table_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Params

_KEY_KINDS = ("B", "N", "S")
_MAX_LOCAL = 5
_MAX_GLOBAL = 20
_MAX_PROJECTED = 100
_ON_DEMAND = "PAY_PER_REQUEST"
_BILLING_MODES = ("PROVISIONED", _ON_DEMAND)


def attribute_kinds(params: Params) -> dict[str, str]:
    """AttributeDefinitions by name."""
    kinds: dict[str, str] = {}
    for definition in params.get("AttributeDefinitions") or ():
        name, kind = definition["AttributeName"], definition["AttributeType"]
        if kind not in _KEY_KINDS:
            rule = f"Member must satisfy enum value set: [{', '.join(_KEY_KINDS)}]"
            raise constraint(f"'{kind}'", "attributeDefinitions.1.member.attributeType", rule)
        if name in kinds:
            raise invalid(f"Duplicate AttributeName in AttributeDefinitions: {name}")
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


def indexes(params: Params, schema: KeySchema, kinds: Mapping[str, str], *, on_demand: bool) -> tuple[Index, ...]:
    """The secondary indexes of CreateTable."""
    local = _listed(params, "LocalSecondaryIndexes", _MAX_LOCAL)
    others = _listed(params, "GlobalSecondaryIndexes", _MAX_GLOBAL)
    found: list[Index] = []
    for number, definition in enumerate((*local, *others), 1):
        index = secondary_index(definition, number, kinds, local=number <= len(local), on_demand=on_demand)
        if index.local:
            _check_local(index, schema)
        if any(other.name == index.name for other in found):
            raise invalid(f"Duplicate index name: {index.name}")
        found.append(index)
    _check_projected(found)
    return tuple(found)


def secondary_index(
    definition: Mapping[str, Any], number: int, kinds: Mapping[str, str], *, local: bool, on_demand: bool
) -> Index:
    """One secondary index."""
    projection = definition.get("Projection") or {}
    kind = projection.get("ProjectionType")
    if kind not in list(ProjectionType):
        raise invalid(f"Unknown ProjectionType: {'null' if kind is None else kind}")
    include = tuple(projection.get("NonKeyAttributes") or ())
    if include and kind != ProjectionType.INCLUDE:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if kind == ProjectionType.INCLUDE and not include:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    return Index(
        name=table_name(definition.get("IndexName"), minimum=3),
        number=number,
        local=local,
        schema=key_schema(definition.get("KeySchema"), kinds),
        projection=ProjectionType(kind),
        include=include,
        throughput=Throughput() if local else throughput(definition, on_demand=on_demand, what="index"),
    )


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


def is_on_demand(params: Params) -> bool:
    """Whether BillingMode asks to be billed per request."""
    mode = params.get("BillingMode", "PROVISIONED")
    if mode not in _BILLING_MODES:
        rule = f"Member must satisfy enum value set: [{', '.join(_BILLING_MODES)}]"
        raise constraint(f"'{mode}'", "billingMode", rule)
    return bool(mode == _ON_DEMAND)


def throughput(definition: Mapping[str, Any], *, on_demand: bool, what: str = "") -> Throughput:
    """ProvisionedThroughput, which an on-demand table has not and any other must have."""
    given = definition.get("ProvisionedThroughput")
    subject = f" for index: {definition.get('IndexName')}" if what else ""
    if on_demand:
        if given:
            can_not = (
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
            raise invalid(f"{can_not}{subject}")
        return Throughput()
    if not given:
        must = "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        raise invalid(f"{must}{subject}")
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if given.get(member, 0) < 1:
            path = f"provisionedThroughput.{member[0].lower()}{member[1:]}"
            raise constraint(f"'{given.get(member)}'", path, "Member must have value greater than or equal to 1")
    return Throughput(read=given["ReadCapacityUnits"], write=given["WriteCapacityUnits"])


def stream(params: Params, label: str) -> Stream | None:
    """The stream that StreamSpecification asks for."""
    wanted = params.get("StreamSpecification")
    if not wanted or not wanted.get("StreamEnabled"):
        if wanted and wanted.get("StreamViewType"):
            raise invalid("StreamViewType cannot be specified when StreamEnabled is false")
        return None
    view = wanted.get("StreamViewType")
    if view not in list(StreamView):
        raise invalid("StreamViewType must be specified when StreamEnabled is true")
    return Stream(label=label, view=StreamView(view))


def _listed(params: Params, member: str, limit: int) -> list[Mapping[str, Any]]:
    given = params.get(member)
    if given is None:
        return []
    if not given:
        raise invalid(f"List of {member} is empty")
    if len(given) > limit:
        raise invalid(f"Number of {member} exceeds per-table limit of {limit}")
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
