"""Random PartiQL statements on one table."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.conformance.dynamodb.differential.requests import Draw, Request
from tests.conformance.dynamodb.differential.tables import Shape, key_value

_LITERALS = st.sampled_from(
    (
        *("'a'", "'it''s'", "''", "0", "1", "-2", "1.50", "1e3", ".5", "true", "FALSE", "null"),
        *("[1, 'a']", "[]", "{}", "{'x': 1, 'y': [true]}", "<<'a', 'b'>>", "<<1, 2>>"),
    )
)
_PATHS = st.sampled_from(["a", "b", "c", '"d"', "a.x", "b.y[0]", "c[1]", "e"])
_OPERANDS = _PATHS | _LITERALS
_TESTS = st.one_of(
    st.builds("{} {} {}".format, _PATHS, st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="]), _OPERANDS),
    st.builds("{} IN [{}, {}]".format, _PATHS, _LITERALS, _LITERALS),
    st.builds("{} BETWEEN {} AND {}".format, _PATHS, _LITERALS, _LITERALS),
    st.builds("{} IS {}MISSING".format, _PATHS, st.sampled_from(["", "NOT "])),
    st.builds("{} IS {}NULL".format, _PATHS, st.sampled_from(["", "NOT "])),
    st.builds("begins_with({}, {})".format, _PATHS, _LITERALS),
    st.builds("contains({}, {})".format, _PATHS, _LITERALS),
    st.builds("size({}) > {}".format, _PATHS, _LITERALS),
    st.builds("attribute_type({}, '{}')".format, _PATHS, st.sampled_from(["S", "N", "L"])),
)
_CONDITIONS = st.recursive(
    _TESTS,
    lambda inner: (
        st.builds("({} OR {})".format, inner, inner)
        | st.builds("NOT {}".format, inner)
        | st.builds("{} AND {}".format, inner, inner)
    ),
    max_leaves=3,
)
_VALUES = st.one_of(
    _OPERANDS,
    st.builds("{} + {}".format, _PATHS, _LITERALS),
    st.builds("{} - {}".format, _PATHS, _PATHS),
    st.builds("list_append({}, {})".format, _PATHS, _LITERALS),
    st.builds("if_not_exists({}, {})".format, _PATHS, _LITERALS),
)
_RETURNING = st.sampled_from(["", "", " RETURNING ALL OLD *", " RETURNING ALL NEW *"])


@st.composite
def statements(draw: Draw, shape: Shape) -> Request:
    """An ExecuteStatement; keys are given as parameters, or missing now and then."""
    kind = draw(st.sampled_from([_select, _select, _insert, _update, _delete]))
    text, parameters = draw(kind(shape))
    return "ExecuteStatement", {"Statement": text, **({"Parameters": parameters} if parameters else {})}


@st.composite
def batches(draw: Draw, shape: Shape) -> Request:
    """A BatchExecuteStatement or ExecuteTransaction."""
    asked = []
    for _ in range(draw(st.integers(1, 3))):
        _, params = draw(statements(shape))
        asked.append(params)
    if draw(st.booleans()):
        return "BatchExecuteStatement", {"Statements": asked}
    return "ExecuteTransaction", {"TransactStatements": asked}


@st.composite
def _select(draw: Draw, shape: Shape) -> tuple[str, list[Any]]:
    index = draw(st.none() | st.sampled_from(sorted(shape.indexes))) if shape.indexes else None
    keys = shape.indexes[index] if index else shape.keys
    source = f'"{shape.name}"."{index}"' if index else f'"{shape.name}"'
    shown = draw(st.sampled_from(["*", "*", *(key.split(":")[0] for key in shape.keys)]))
    where, parameters = draw(_where(keys))
    return f"SELECT {shown} FROM {source}{where}", parameters


@st.composite
def _insert(draw: Draw, shape: Shape) -> tuple[str, list[Any]]:
    members, parameters = [f"'{name}': {draw(_LITERALS)}" for name in draw(st.sets(st.sampled_from("abcd")))], []
    for key in shape.keys:
        name, kind = key.split(":")
        members.append(f"'{name}': ?")
        parameters.append(draw(key_value(kind)))
    return f'INSERT INTO "{shape.name}" VALUE {{{", ".join(members)}}}', parameters


@st.composite
def _update(draw: Draw, shape: Shape) -> tuple[str, list[Any]]:
    change = st.builds("SET {} = {}".format, _PATHS, _VALUES) | st.builds("REMOVE {}".format, _PATHS)
    changes = draw(st.lists(change, min_size=1, max_size=2))
    where, parameters = draw(_where(shape.keys, whole=True))
    return f'UPDATE "{shape.name}" {" ".join(changes)}{where}{draw(_RETURNING)}', parameters


@st.composite
def _delete(draw: Draw, shape: Shape) -> tuple[str, list[Any]]:
    where, parameters = draw(_where(shape.keys, whole=True))
    return f'DELETE FROM "{shape.name}"{where}{draw(_RETURNING)}', parameters


@st.composite
def _where(draw: Draw, keys: tuple[str, ...], *, whole: bool = False) -> tuple[str, list[Any]]:
    """A clause; `whole` if the key should be given."""
    parts, parameters = [], []
    for key in keys:
        name, kind = key.split(":")
        if draw(st.integers(0, 9)) < (9 if whole else 5):
            operator = "=" if whole else draw(st.sampled_from(["=", "=", "=", "<", ">="]))
            parts.append(f"{name} {operator} ?")
            parameters.append(draw(key_value(kind)))
    parts += draw(st.lists(_CONDITIONS, max_size=1))
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), parameters


STATEMENTS = (statements, batches)
"""Every kind of request."""
