"""Event patterns, by AWS's own examples."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mlfn_localstack.services.events.patterns import PatternError, compile_pattern

EVENT = {
    "version": "0",
    "source": "aws.ec2",
    "detail-type": "EC2 Instance State-change Notification",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-1", "arn:aws:ec2:us-east-1:123456789012:volume/v-1"],
    "detail": {
        "state": "running",
        "count": 5,
        "price": 3.018e2,
        "ip": "10.0.0.7",
        "owner": None,
        "name": "",
        "ready": True,
        "file": "photo.PNG",
        "tags": [],
        "nested": {"deep": "value"},
        "people": [{"name": "ann", "age": 30}, {"name": "bob", "age": 50}],
    },
}


def detail(**conditions: Any) -> dict[str, Any]:
    return {"detail": conditions}


MATCHING: list[dict[str, Any]] = [
    {"source": ["aws.ec2"]},
    {"source": ["other", "aws.ec2"], "region": ["us-east-1"]},
    {"resources": ["arn:aws:ec2:us-east-1:123456789012:volume/v-1"]},
    {"resources": [{"prefix": "arn:aws:ec2:us-east-1:123456789012:vol"}]},
    detail(state=[{"anything-but": "stopped"}]),
    detail(state=[{"prefix": ""}]),
    detail(state=[{"suffix": ""}]),
    detail(state=[{"anything-but": ["stopped", "overloaded"]}]),
    detail(state=[{"anything-but": {"prefix": "init"}}]),
    detail(state=[{"anything-but": {"suffix": ["ed", "er"]}}]),
    detail(state=[{"anything-but": {"equals-ignore-case": ["STOPPED"]}}]),
    detail(state=[{"anything-but": {"wildcard": "*pp*"}}]),
    detail(count=[{"anything-but": [100, 5.1]}]),
    detail(count=[5.0]),
    detail(count=[{"numeric": [">", 0, "<=", 5]}], price=[{"numeric": ["=", 301.8]}]),
    detail(ip=[{"cidr": "10.0.0.0/24"}]),
    detail(owner=[None], name=[""], ready=[True]),
    detail(missing=[{"exists": False}], state=[{"exists": True}]),
    detail(missing=[{"exists": False}, "x"]),
    {"missing": {"inside": [{"exists": False}]}},
    detail(nested={"deep": ["value"]}),
    detail(nested=[{"exists": False}]),
    detail(tags=[{"exists": False}]),
    detail(file=[{"suffix": {"equals-ignore-case": ".png"}}]),
    detail(file=[{"prefix": {"equals-ignore-case": "PHO"}}]),
    detail(file=[{"equals-ignore-case": "PHOTO.png"}]),
    detail(file=[{"wildcard": "ph*.P*G"}]),
    detail(people={"name": ["ann"], "age": [30]}),
    detail(**{"$or": [{"state": ["stopped"]}, {"count": [{"numeric": [">", 1]}]}]}),
    {"$or": [{"source": ["x"]}, {"region": ["us-east-1"]}], "source": ["aws.ec2"]},
]
FAILING: list[dict[str, Any]] = [
    {"source": ["aws.ec"]},
    {"source": ["aws.ec2"], "region": ["eu-west-1"]},
    detail(state=[{"anything-but": ["running"]}]),
    detail(missing=[{"anything-but": ["running"]}]),
    detail(count=["5"]),
    detail(count=[{"numeric": [">", 5]}]),
    detail(ready=[1]),
    detail(ip=[{"cidr": "10.0.1.0/24"}]),
    detail(state=[{"cidr": "10.0.1.0/24"}]),
    detail(owner=[{"exists": False}]),
    detail(nested=[{"exists": True}]),
    detail(file=[{"suffix": ".png"}]),
    detail(count=[{"prefix": ""}]),
    detail(file=[{"wildcard": "*.jpg"}]),
    detail(people={"name": ["ann"], "age": [50]}),
    detail(**{"$or": [{"state": ["stopped"]}, {"count": [7]}]}),
]


@pytest.mark.parametrize("pattern", MATCHING, ids=json.dumps)
def test_an_event_fits(pattern: dict[str, Any]) -> None:
    assert compile_pattern(json.dumps(pattern))(EVENT)


@pytest.mark.parametrize("pattern", FAILING, ids=json.dumps)
def test_an_event_does_not_fit(pattern: dict[str, Any]) -> None:
    assert not compile_pattern(json.dumps(pattern))(EVENT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "Filter is not an object"),
        ("{", "Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"),
        ("{}", "Empty objects are not allowed"),
        ('{"source": []}', "Empty arrays are not allowed"),
        ('{"source": "aws.ec2"}', '"source" must be an object or an array'),
        ('{"source": [["a"]]}', "Match value must be String, number, true, false, or null"),
        ('{"source": [{"like": "a"}]}', "Unrecognized match type like"),
        ('{"source": [{"prefix": "a", "suffix": "b"}]}', "Only one key allowed in match expression"),
        ('{"source": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"source": [{"exists": "yes"}]}', "exists match pattern must be either true or false."),
        ('{"source": [{"wildcard": "a**b"}]}', "Consecutive wildcard characters at pos 2"),
        ('{"source": [{"numeric": ["~", 1]}]}', "Unrecognized numeric range operator: ~"),
        ('{"source": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"),
        ('{"source": [{"numeric": [["="], 1]}]}', "Invalid member in numeric match"),
        ('{"source": [{"numeric": ["=", NaN]}]}', "Filter is not valid JSON"),
        ('{"a":' * 2000 + "[1]" + "}" * 2000, "Filter is not valid JSON"),
        ('{"source": [{"numeric": 5}]}', "Value of numeric must be an array."),
        ('{"source": [{"numeric": []}]}', "Invalid member in numeric match: ]"),
        ('{"source": [{"numeric": ["="]}]}', "Value of equals must be numeric"),
        ('{"source": [{"numeric": [">", 0, "<"]}]}', "Value of < must be numeric"),
        ('{"source": [{"numeric": [">", 0, ">", 0]}]}', "Bad numeric range operator: >"),
        ('{"source": [{"numeric": [">", 0, 1]}]}', "Bad value in numeric range: 1"),
        ('{"source": [{"numeric": [">", 0, "<", 1, "<"]}]}', "Too many terms in numeric range expression"),
        ('{"source": [{"numeric": ["<", 0, "<", 1]}]}', "Too many elements in numeric expression"),
        ('{"source": [{"cidr": "10.0.0"}]}', "Malformed CIDR, one '/' required"),
        ('{"source": [{"cidr": "10.0.0.0/x"}]}', "Malformed CIDR, mask bits must be an integer"),
        ('{"source": [{"cidr": "10.0.0.0/33"}]}', "Malformed CIDR, mask bits must not be more"),
        ('{"source": [{"cidr": "xx.11.xx/8"}]}', "Nonstandard IP address: xx.11.xx"),
        ('{"source": [{"cidr": 10}]}', "prefix match pattern must be a string"),
        ('{"source": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}', "Unsupported anything-but pattern: cidr"),
        ('{"source": [{"anything-but": {}}]}', "Anything-But expression name not found"),
        ('{"source": [{"anything-but": true}]}', "Value of anything-but must be an array or single string/number"),
        ('{"source": [{"anything-but": {"prefix": {"equals-ignore-case": "a"}}}]}', "Value of anything-but must be"),
        ('{"source": [{"anything-but": {"suffix": ["a", 1]}}]}', "prefix/suffix match pattern must be a string"),
        ('{"source": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"),
        ('{"source": [{"anything-but": {"wildcard": 1}}]}', "wildcard match pattern must be a string"),
        ('{"source": [{"anything-but": {"equals-ignore-case": 1}}]}', "Inside anything-but/equals-ignore-case list"),
        ('{"source": [{"anything-but": {"prefix": "a", "suffix": "b"}}]}', "Only one key allowed in match"),
        ('{"source": [{"anything-but": {"prefix": []}}]}', "Empty arrays are not allowed"),
        ('{"source": [{"anything-but": [null]}]}', "Inside anything but list, start|null|boolean is not supported."),
        ('{"source": [{"anything-but": ["a", 1]}]}', "either all values are number or string, mixed type is not"),
        ("{'a': []}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name\n at ["),
        (
            "word",
            "Unrecognized token 'word': was expecting (JSON String, Number, Array, Object or token 'null', 'true'",
        ),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PatternError, match=re.escape(reason)):
        compile_pattern(text)


def test_a_wildcard_takes_its_stars_literally_when_escaped() -> None:
    fits = compile_pattern(r'{"a": [{"wildcard": "1\\*2*"}]}')

    assert fits({"a": "1*2 and more"})
    assert not fits({"a": "1x2"})


def test_many_wildcards_stay_fast() -> None:
    fits = compile_pattern(json.dumps({"a": [{"wildcard": "a*" * 50 + "b"}]}))

    assert not fits({"a": "a" * 100_000})


def test_combinations_of_or_are_bounded() -> None:
    branch = {"$or": [{"a": [number]} for number in range(11)]}

    with pytest.raises(PatternError, match="combinations"):
        compile_pattern(json.dumps({"x": branch, "y": branch, "z": branch}))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"a":\n  {"b": []}}', 2, 11),
        ('{"a": ["x", [1]]}', 1, 14),
        ('{"a": [{}]}', 1, 10),
        ('{"a": [{"prefix": "p", "suffix": "s"}]}', 1, 35),
        ('{"a": {"$or": [{"b": ["x"]}, {"c": 1}]}}', 1, 37),
        ('{"a": ["x"], "a": 5}', 1, 20),
        ('{"a\\"b": 5}', 1, 11),
    ],
    ids=["line", "list", "empty", "second key", "or", "twice", "escape"],
)
def test_a_mistake_is_told_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)

    assert caught.value.told(text, "here").endswith(f"at [Source: here; line: {line}, column: {column}]")
