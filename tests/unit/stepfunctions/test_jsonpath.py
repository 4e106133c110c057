"""JSONPath: what a path names, and how a path that names nothing is reported."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.asl.failure import PathError
from mlfn_localstack.services.stepfunctions.asl.jsonpath import compile_path, write_reference

BOOKS = {
    "store": {
        "book": [
            {"title": "A", "price": 8, "tags": ["x"]},
            {"title": "B", "price": 12.5, "isbn": "1"},
            {"title": "C", "price": 20},
        ],
        "a b": 1,
        "null": None,
    }
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", BOOKS),
        ("$.store.book[0].title", "A"),
        ("$.store.book[-1].title", "C"),
        ("$['store']['a b']", 1),
        ("$.store['null']", None),
        ("$.store.book[*].title", ["A", "B", "C"]),
        ("$.store.book[0:2].title", ["A", "B"]),
        ("$.store.book[::2].title", ["A", "C"]),
        ("$.store.book[0,2].title", ["A", "C"]),
        ("$..price", [8, 12.5, 20]),
        ("$.store.book[?(@.price > 10)].title", ["B", "C"]),
        ("$.store.book[?(@.isbn)].title", ["B"]),
        ("$.store.book[?(!@.isbn && @.price < 10)].title", ["A"]),
        ("$.store.book[?(@.title == 'A' || @.title == 'C')].price", [8, 20]),
        ("$.store.book[?(@.title =~ /[AB]/)].price", [8, 12.5]),
        ("$.store.book[?(@.title in ['B'])].price", [12.5]),
        ("$.store.book[?(@.price > 99)]", []),
        ("$.store.nothing[*]", []),
    ],
)
def test_a_path_names(path: str, value: Any) -> None:
    assert compile_path(path).read(BOOKS) == value


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("$.x", "No results for path: $['x']"),
        ("$.store.x.y", "Missing property in path $['store']['x']"),
        ("$.store.book[7]", "Index out of bound when evaluating path $['store']['book'][7]"),
    ],
)
def test_a_definite_path_that_names_nothing_says_where(path: str, reason: str) -> None:
    with pytest.raises(PathError) as caught:
        compile_path(path).read(BOOKS)

    assert caught.value.reason == reason


@pytest.mark.parametrize("path", ["x", "$.", "$.a[", "$.a[b]", "$[?(@.a ==)]", "$.a b", "$['a"])
def test_a_malformed_path_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        compile_path(path)


@pytest.mark.parametrize(
    ("path", "root", "result"),
    [
        ("$", {"a": 1}, 9),
        ("$.b", {"a": 1}, {"a": 1, "b": 9}),
        ("$.a.b.c", {}, {"a": {"b": {"c": 9}}}),
        ("$.a[1]", {"a": [1, 2]}, {"a": [1, 9]}),
        ("$['x y']", {}, {"x y": 9}),
    ],
)
def test_a_result_is_placed_without_changing_the_input(path: str, root: Any, result: Any) -> None:
    before = repr(root)

    assert write_reference(compile_path(path), root, 9) == result
    assert repr(root) == before


@pytest.mark.parametrize(("path", "root"), [("$.a.b", {"a": 1}), ("$.a[5]", {"a": []}), ("$.a", [1])])
def test_a_result_that_has_no_place_is_refused(path: str, root: Any) -> None:
    with pytest.raises(PathError):
        write_reference(compile_path(path), root, 9)


def test_only_names_and_indexes_make_a_reference_path() -> None:
    references = [compile_path(path).reference for path in ("$.a[0]['b']", "$.a[*]", "$..a", "$.a[-1]", "$.a[0:1]")]

    assert references == [True, False, False, False, False]
