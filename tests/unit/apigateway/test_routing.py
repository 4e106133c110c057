"""Routes of HTTP APIs."""

from __future__ import annotations

import pytest

from mlfn_localstack.services.apigatewayv2.routing import find_route, parse_route

ROUTES = tuple(
    parse_route(key)
    for key in (
        "GET /pets/dog/1",
        "GET /pets/dog/{id}",
        "GET /pets/{proxy+}",
        "ANY /{proxy+}",
        "POST /models/sentiment",
        "ANY /models/{name}",
        "GET /",
    )
)


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/pets/dog/1", "ANY /{proxy+}"),
        ("POST", "/models/sentiment", "POST /models/sentiment"),
        ("GET", "/models/sentiment", "ANY /models/{name}"),
        ("GET", "/", "GET /"),
        ("GET", "/models/a/b", "ANY /{proxy+}"),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, key: str) -> None:
    match = find_route(ROUTES, method, tuple(path.split("/")[1:]))

    assert match is not None
    assert match.key == key


def test_path_parameters_are_named_as_the_route_names_them() -> None:
    routes = (parse_route("GET /models/{model}/versions/{rest+}"),)

    match = find_route(routes, "GET", ("models", "m", "versions", "1", "files"))

    assert match is not None
    assert dict(match.parameters) == {"model": "m", "rest": "1/files"}


def test_a_greedy_parameter_takes_what_follows_a_slash_if_only_nothing() -> None:
    """As AWS's users recorded: `/handler/` took the route `/handler/{proxy+}`, with an empty parameter."""
    match = find_route((parse_route("GET /pets/{proxy+}"),), "GET", ("pets", ""))

    assert match is not None
    assert dict(match.parameters) == {"proxy": ""}


@pytest.mark.parametrize("path", ["/pets", "/other"], ids=str)
def test_a_greedy_parameter_needs_its_slash(path: str) -> None:
    routes = (parse_route("GET /pets/{proxy+}"),)

    assert find_route(routes, "GET", tuple(path.split("/")[1:])) is None
