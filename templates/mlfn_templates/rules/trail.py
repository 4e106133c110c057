"""The audit trail: who may add to it, and that nobody may change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_templates.rules.stack import as_list, policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Resource, Stack, Statement

_READS = frozenset(
    f"dynamodb:{name}" for name in ("BatchGetItem", "DescribeTable", "GetItem", "Query", "ConditionCheckItem")
)
AUDIT_TABLE = "AuditTable"
_ALARMS = ("AuditLost", "AuditTampered", "AuditCollision", "AuditUnbelieved", "AuditUnconfirmed")


def records(stack: Stack) -> Iterator[Finding]:
    """Functions add records under their own keys; an app's read none, and nobody changes one."""
    for statement in policies(stack):
        if statement.effect == "Deny" or not _on_audit_table(statement):
            continue
        for action in statement.actions:
            if action == "dynamodb:PutItem":
                yield from _appending(stack, statement)
            elif action not in _READS:
                yield statement.owner.says("trail-change", f"{action} on the audit table: records are only added")
            elif stack.interfaces:
                yield statement.owner.says("trail-read", f"{action} on the audit table: an app reads no records")


def _on_audit_table(statement: Statement) -> bool:
    return any("AuditTable" in resource or "mlfn-audit" in resource for resource in statement.resources) and any(
        action.startswith(("dynamodb:", "*")) for action in statement.actions
    )


def _appending(stack: Stack, statement: Statement) -> Iterator[Finding]:
    condition = statement.condition
    keys = as_list(condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys"))
    if not keys or condition.get("Null", {}).get("dynamodb:LeadingKeys") != "false":
        yield statement.owner.says("trail-keys", "it may write records of every model: ask for dynamodb:LeadingKeys")
        return
    for key in map(str, keys):
        kind, _, name = key.partition("#")
        if len(kind) != 1 or (stack.interfaces and not is_own(stack, statement.owner, name)):
            yield statement.owner.says("trail-keys", f"it may write under {key}, which is not its own")


def is_own(stack: Stack, role: Resource, name: str) -> bool:
    """Whether the part of a key after its kind (`app.model#…`) belongs to the function of a role."""
    callee = name.partition("#")[0].partition(".")[2]
    functions = [each for each in stack.of("AWS::Lambda::Function") if _role_of(stack, each) is role]
    full = [str(each.get("FunctionName")) for each in functions]
    if any(each.endswith("-mlfn-ingress") for each in full):
        return callee in stack.interfaces and not any(_names(stack, callee))
    return callee in stack.interfaces and any(each.endswith(f"-{callee}") for each in full)


def _names(stack: Stack, callee: str) -> Iterator[str]:
    """The functions that serve a model of that name: pipelines have none."""
    for function in stack.of("AWS::Lambda::Function"):
        name = str(function.get("FunctionName"))
        if name.endswith(f"-{callee}"):
            yield name


def _role_of(stack: Stack, function: Resource) -> Resource | None:
    return stack.target(function.get("Role"), "AWS::IAM::Role")


def tables(stack: Stack) -> Iterator[Finding]:
    """The audit table cannot be deleted, and tells of every change; every table is encrypted, and forgets."""
    every: tuple[tuple[tuple[str, ...], Any, str], ...] = (
        (("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), True, "it has no point-in-time recovery"),
        (("SSESpecification", "SSEEnabled"), True, "SSEEnabled is not set"),
        (("TimeToLiveSpecification", "Enabled"), True, "what is in it never expires"),
        (("BillingMode",), "PAY_PER_REQUEST", "provisioned capacity refuses writes in a burst"),
    )
    audit: tuple[tuple[tuple[str, ...], Any, str], ...] = (
        (("DeletionProtectionEnabled",), True, "it can be deleted: set DeletionProtectionEnabled"),
        (("StreamSpecification", "StreamViewType"), "NEW_AND_OLD_IMAGES", "its stream does not tell what was changed"),
        (("TimeToLiveSpecification", "AttributeName"), "x", "records expire by another attribute than theirs"),
    )
    for table in stack.of("AWS::DynamoDB::Table"):
        for path, value, what in every + (audit if table.name == AUDIT_TABLE else ()):
            if table.get(*path) != value:
                yield table.says("table", what)


def watch(stack: Stack) -> Iterator[Finding]:
    """What keeps the trail whole runs, and somebody hears when it does not."""
    for rule in stack.of("AWS::Events::Rule"):
        if rule.get("State") != "ENABLED":
            yield rule.says("schedule", "it is switched off")
    for alarm in stack.of("AWS::CloudWatch::Alarm"):
        quiet = alarm.get("ActionsEnabled") is False or alarm.get("AlarmActions") is None
        late = alarm.get("Threshold") != 0 or alarm.get("ComparisonOperator") != "GreaterThanThreshold"
        if quiet or late:
            yield alarm.says("alarm", "it tells nobody" if quiet else "one occurrence does not raise it")
    if stack.of("AWS::Events::Rule"):
        there = {str(alarm.get("MetricName")) for alarm in stack.of("AWS::CloudWatch::Alarm")}
        for name in (name for name in _ALARMS if name not in there):
            yield stack.of("AWS::Events::Rule")[0].says("alarm", f"nobody hears of {name}: its alarm is missing")
