"""The tables that requests are made for, and keys that fit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

DATA = {
    "S": st.sampled_from(["p", "q", "é", "\uffff", "\U0001f600", "p" * 30]),
    "N": st.sampled_from(["1", "2", "10", "-1", "0", "1.50", "1e10"]),
    "B": st.sampled_from(["AA==", "AAE=", "/w==", "//8="]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A table: its keys as `name:type`, and its indexes by name."""

    name: str
    keys: tuple[str, ...]
    indexes: dict[str, tuple[str, ...]]
    projections: dict[str, dict[str, Any]]

    @property
    def definition(self) -> dict[str, Any]:
        """What CreateTable is asked for."""
        kinds = dict(key.split(":") for keys in (self.keys, *self.indexes.values()) for key in keys)
        indexes: dict[str, Any] = {}
        for name, keys in self.indexes.items():
            member = "LocalSecondaryIndexes" if keys[0] == self.keys[0] else "GlobalSecondaryIndexes"
            index = {"IndexName": name, "KeySchema": _elements(keys), "Projection": self.projections[name]}
            indexes.setdefault(member, []).append(index)
        return {
            "TableName": self.name,
            "KeySchema": _elements(self.keys),
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()],
            "BillingMode": "PAY_PER_REQUEST",
            **indexes,
        }

    def key_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item's key."""
        return {name: item[name] for name in (key.split(":")[0] for key in self.keys)}


SHAPES = (
    Shape(name="plain", keys=("pk:S", "sk:S"), indexes={}, projections={}),
    Shape(name="numbered", keys=("pk:N",), indexes={}, projections={}),
    Shape(name="binary", keys=("pk:B", "sk:B"), indexes={}, projections={}),
    Shape(
        name="indexed",
        keys=("pk:S", "sk:N"),
        indexes={
            "keys": ("g:S",),
            "some": ("h:S", "r:N"),
            "every": ("r:N", "g:S"),
            "near": ("pk:S", "l:S"),
            "narrow": ("pk:S", "r:N"),
        },
        projections={
            "keys": {"ProjectionType": "KEYS_ONLY"},
            "some": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]},
            "every": {"ProjectionType": "ALL"},
            "near": {"ProjectionType": "ALL"},
            "narrow": {"ProjectionType": "KEYS_ONLY"},
        },
    ),
)


def key_value(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """A value for a key of one type."""
    return DATA[kind].map(lambda data: {kind: data})


def key_values(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for several keys, as `name:type`."""
    return st.fixed_dictionaries({name: key_value(kind) for name, kind in (key.split(":") for key in keys)})


def _elements(keys: tuple[str, ...]) -> list[dict[str, str]]:
    names = [key.split(":")[0] for key in keys]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]
