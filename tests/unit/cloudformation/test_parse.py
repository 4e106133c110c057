"""Template text becomes plain values."""

from __future__ import annotations

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.parse import parse_template


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub '${A}-x'", {"Fn::Sub": "${A}-x"}),
        ("!Sub ['${A}', {A: !Ref B}]", {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}),
        ("!Join ['-', [a, !Ref B]]", {"Fn::Join": ["-", ["a", {"Ref": "B"}]]}),
        ("!If [C, !Ref A, !Ref AWS::NoValue]", {"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}),
        ("!Select [1, !Split ['@', !Ref A]]", {"Fn::Select": [1, {"Fn::Split": ["@", {"Ref": "A"}]}]}),
        ("!Not [!Equals [!Ref A, '']]", {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, ""]}]}),
        ("!Condition C", {"Condition": "C"}),
        ("!Base64 x", {"Fn::Base64": "x"}),
        ("2012-10-17", "2012-10-17"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("'true'", "true"),
        ("{1: a}", {"1": "a"}),
    ],
)
def test_yaml_values(text: str, value: object) -> None:
    assert parse_template(f"Key: {text}") == {"Key": value}


def test_json_is_read_as_json() -> None:
    assert parse_template('{"Key": {"Ref": "A"}}') == {"Key": {"Ref": "A"}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "JSON not well-formed"),
        ('{"A": 1, "A": 2}', "a key is given twice"),
        ("A: 1\nA: 2", "YAML not well-formed"),
        ("A: [", "YAML not well-formed"),
        ("A: !Unknown x", "YAML not well-formed"),
        ("A: !!python/object:os.system x", "YAML not well-formed"),
        ("[]", "unsupported structure"),
        ("", "unsupported structure"),
    ],
)
def test_what_is_no_template_is_refused(body: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        parse_template(body)
