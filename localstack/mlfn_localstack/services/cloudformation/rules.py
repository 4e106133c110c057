"""The Rules section: what a template asserts of its parameters before anything is made.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.intrinsics import Scope, evaluate, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.cloudformation.parameters import Declared

_MEMBERS = frozenset({"RuleCondition", "Assertions"})
_SIZES = {
    "Fn::And": (2, 10),
    "Fn::Contains": (2, 2),
    "Fn::EachMemberEquals": (2, 2),
    "Fn::EachMemberIn": (2, 2),
    "Fn::Equals": (2, 2),
    "Fn::Not": (1, 1),
    "Fn::Or": (2, 10),
}


def check_rule_shapes(rules: Mapping[str, Any]) -> None:
    """Refuse a Rules section that is malformed."""
    for name, rule in rules.items():
        if not isinstance(rule, dict) or set(rule) - _MEMBERS or not isinstance(rule.get("Assertions"), list):
            raise validation_error(
                f"Template format error: Rule {name} must be an object with Assertions and, if it is not for every "
                "case, a RuleCondition."
            )
        if not all(isinstance(one, dict) and "Assert" in one for one in rule["Assertions"]):
            raise validation_error(f"Template format error: Every assertion of rule {name} must contain an Assert.")


def check_rules(rules: Mapping[str, Any], scope: Scope, declared: Declared) -> None:
    """Refuse parameters of which an assertion does not hold.

    Raises:
        ServiceError: ValidationError, with what the assertion says.
    """
    checking = _Checking(replace(scope, block="Rules", resource_ids=frozenset()), declared)
    for name, rule in rules.items():
        if "RuleCondition" in rule and not checking.holds(rule["RuleCondition"]):
            continue
        for assertion in rule["Assertions"]:
            if not checking.holds(assertion["Assert"]):
                said = assertion.get("AssertDescription", "an assertion of it does not hold.")
                raise validation_error(f"Rule {name} failed: {said}")


class _Checking:
    """The functions of rules over one set of parameters."""

    def __init__(self, scope: Scope, declared: Declared) -> None:
        self._scope = scope
        self._declared = declared

    def holds(self, node: Any) -> bool:
        """Whether a condition or an assertion is true."""
        name, arguments = _function(node)
        match name:
            case "Fn::And":
                return all([self.holds(one) for one in arguments])
            case "Fn::Or":
                return any([self.holds(one) for one in arguments])
            case "Fn::Not":
                return not self.holds(arguments[0])
        one, other = (self._value(argument) for argument in arguments)
        return _compare(name, one, other)

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._value(item) for item in node]
        if isinstance(node, dict) and set(node) == {"Fn::RefAll"}:
            kind = node["Fn::RefAll"]
            return [self._scope.parameters[name] for name, one in self._declared.items() if one["Type"] == kind]
        if isinstance(node, dict) and set(node) & {"Fn::ValueOf", "Fn::ValueOfAll"}:
            raise validation_error(f"The emulator does not support {next(iter(node))} in rules.")
        return text_of(evaluate(node, self._scope))


def _function(node: Any) -> tuple[str, list[Any]]:
    if not isinstance(node, dict) or len(node) != 1 or next(iter(node)) not in _SIZES:
        raise validation_error("Template format error: Rules can only be boolean operations on parameters")
    ((name, arguments),) = node.items()
    least, most = _SIZES[name]
    if not isinstance(arguments, list) or not least <= len(arguments) <= most:
        raise validation_error(f"Template error: {name} requires a list argument with {least} to {most} elements.")
    return name, arguments


def _compare(name: str, one: Any, other: Any) -> bool:
    if name == "Fn::Equals":
        return bool(one == other)
    members = one if isinstance(one, list) else [one]
    match name:
        case "Fn::Contains":
            return other in members
        case "Fn::EachMemberEquals":
            return all(member == other for member in members)
        case _:
            allowed = other if isinstance(other, list) else [other]
            return all(member in allowed for member in members)
