"""Where an event pattern is wrong, word for word and column for column as AWS was recorded to tell it (2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.target import Target

EXCLUDED = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."


@pytest.fixture(scope="module")
def events(target: Target) -> Any:
    """A boto3 client."""
    return target.client("events")


def refusal(events: Any, pattern: str) -> str:
    """Why a pattern is none."""
    with pytest.raises(ClientError) as caught:
        events.test_event_pattern(EventPattern=pattern, Event="{}")
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidEventPatternException"
    return error["Message"].removeprefix("Event pattern is not valid. Reason: ")


@pytest.mark.parametrize(
    ("pattern", "reason", "column"),
    [
        ('{"int": 42}', '"int" must be an object or an array', 11),
        ('{"string": "my-value"}', '"string" must be an object or an array', 13),
        ('["no", "object"]', "Filter is not an object", 2),
        ('{"resources": []}', "Empty arrays are not allowed", 17),
        ('{"my_key": [{"EXISTS": true}]}', "Unrecognized match type EXISTS", 28),
        ('{"a": [{"NUMERIC": ["=", 5]}]}', "Unrecognized match type NUMERIC", 21),
        ('{"a": [{"numeric": [">", 0, ">", 0]}]}', "Bad numeric range operator: >", 32),
        ('{"a": [{"numeric": [">", 0, "<"]}]}', "Value of < must be numeric", 33),
        ('{"a": [{"prefix": 123}]}', "prefix match pattern must be a string", 22),
        ('{"a": [{"suffix": [".png"]}]}', "suffix match pattern must be a string", 20),
        ('{"a": [{"cidr": ["bad-type"]}]}', "prefix match pattern must be a string", 18),
        ('{"a": [{"wildcard": "x:**:y"}]}', "Consecutive wildcard characters at pos 3", 29),
        ('{"a": [{"anything-but": {"equals-ignore-case": 123}}]}', EXCLUDED, 51),
    ],
)
def test_a_mistake_is_where_the_parser_found_it(events: Any, pattern: str, reason: str, column: int) -> None:
    place = f'\n at [Source: (String)"{pattern}"; line: 1, column: {column}]'

    assert refusal(events, pattern) == reason + place


def test_a_mistake_in_an_excluded_list_is_placed_twice(events: Any) -> None:
    pattern = '{"a": [{"anything-but": {"equals-ignore-case": [123]}}]}'

    assert refusal(events, pattern) == EXCLUDED + f'\n at [Source: (String)"{pattern}"; line: 1, column: 52]' * 2


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ("10.0.0.1", "Malformed CIDR, one '/' required"),
        ("10.0.0.1/x", "Malformed CIDR, mask bits must be an integer"),
        ("xx.11.xx/8", "Nonstandard IP address: xx.11.xx"),
    ],
)
def test_addresses_that_are_none_have_no_place(events: Any, addresses: str, reason: str) -> None:
    assert refusal(events, f'{{"a": [{{"cidr": "{addresses}"}}]}}') == reason
