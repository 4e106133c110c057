"""What rules of composite alarms say."""

from __future__ import annotations

import pytest

from mlfn_localstack.services.cloudwatch.alarm_rules import RuleError, parse_rule

STATES = {"up": "OK", "down": "ALARM", "new": "INSUFFICIENT_DATA", "two words": "ALARM"}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(down)", True),
        ("ALARM(up)", False),
        ('ALARM("two words")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:down)", True),
        ("OK(up) AND INSUFFICIENT_DATA(new)", True),
        ("NOT ALARM(down) OR ALARM(up)", False),
        ("ALARM(up) AND ALARM(up) OR ALARM(down)", True),
        ("ALARM(down) OR ALARM(up) AND ALARM(up)", True),
        ("(ALARM(down) OR ALARM(up)) AND ALARM(up)", False),
        ("NOT (ALARM(up) OR FALSE) AND TRUE", True),
        ("AT_LEAST(1, ALARM, (up, down, new))", True),
        ("AT_LEAST(2, ALARM, (up, down, new))", False),
        ("AT_LEAST(2, NOT ALARM, (up, down, new))", True),
        ("AT_LEAST(50%, ALARM, (up, down, new))", False),
        ("AT_LEAST(33%, ALARM, (up, down, new))", True),
        ("ALARM(nobody)", False),
    ],
)
def test_a_rule_holds_or_does_not(rule: str, *, holds: bool) -> None:
    assert parse_rule(rule).holds(STATES) is holds


def test_a_rule_names_each_alarm_once() -> None:
    rule = parse_rule('ALARM(a) AND (OK("b c") OR NOT ALARM(a)) OR AT_LEAST(1, OK, (d, b))')

    assert rule.children == ("a", "b c", "d", "b")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("()", "Unsupported token ')' at char 1"),
        ("ALARM(My Alarm)", "Unsupported token 'Alarm' at char 9, must be: ')'"),
        ("ALARM(a) ALARM(b)", "Unsupported token 'ALARM' at char 9"),
        ("ALARMED(a)", "Unsupported token 'ALARMED' at char 0"),
        ("ALARM(a", "Unexpected end at char 7, must be: ')'"),
        ("NOT", "Unexpected end at char 3"),
        ("AT_LEAST(x, ALARM, (a))", "Unsupported token 'x' at char 9, must be: a number or a percentage"),
    ],
)
def test_what_is_no_rule_is_named_with_its_place(rule: str, reason: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(rule)

    assert str(caught.value) == reason


def test_a_rule_is_nested_only_so_deep() -> None:
    with pytest.raises(RuleError, match="nested more than 100 deep"):
        parse_rule("(" * 5_000 + "TRUE" + ")" * 5_000)
