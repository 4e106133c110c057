"""Functions: what they run, within Lambda's limits, with a log that can be read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_engine.planning.templates import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Resource, Stack

_FUNCTION = "AWS::Lambda::Function"
_LIMITS = {"MemorySize": (128, 10_240), "Timeout": (1, 900)}
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_DIGEST = "@sha256:[0-9a-f]{64}$"
_LOG_DAYS = 184
"""EU AI Act, articles 19 and 26: six months. Lines that were not put in the table yet are only here."""
_ALIASES = {"api", "live", "sfn"}


def code(stack: Stack) -> Iterator[Finding]:
    """Code is named by its digest: what runs is what was checked."""
    for function in stack.of(_FUNCTION):
        code = function.get("Code") or {}
        if not _is_pinned(stack, code.get("ImageUri") or code.get("S3Key")):
            yield function.says("code-digest", "its code is not named by digest, so it can change unseen")


def _is_pinned(stack: Stack, value: Any) -> bool:
    """Whether a value holds a digest: its own, or that of a parameter which takes nothing else."""
    parameter = stack.parameter(value)
    if parameter is not None:
        return str(parameter.get("AllowedPattern")).endswith(_DIGEST)
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(_is_pinned(stack, each) for each in inner)
    return "@sha256:" in str(value)


def limits(stack: Stack) -> Iterator[Finding]:
    """Memory and time are within Lambda's limits."""
    for function in stack.of(_FUNCTION):
        for name, (low, high) in _LIMITS.items():
            value = function.get(name)
            if not isinstance(value, int) or not low <= value <= high:
                yield function.says("function-limits", f"{name} is {value}, not within {low} to {high:,}")
        size = function.get("EphemeralStorage", "Size") or 512
        if not isinstance(size, int) or not 512 <= size <= 10_240:
            yield function.says("function-limits", f"EphemeralStorage is {size}, not within 512 to 10,240 MB")


def network(stack: Stack) -> Iterator[Finding]:
    """A function in a network of the user's has two subnets or more, and is held by a security group."""
    for function in stack.of(_FUNCTION):
        vpc = function.get("VpcConfig")
        if vpc is None:
            continue
        if len(set(map(str, vpc.get("SubnetIds") or ()))) < 2:
            yield function.says("vpc-subnets", "one subnet fails with its zone: name two, in different zones")
        if not vpc.get("SecurityGroupIds"):
            yield function.says("vpc-groups", "no security group says what it may reach: name one")


def logs(stack: Stack) -> Iterator[Finding]:
    """Logs are kept as long as records may have to be read back from them."""
    groups = {in_words(group.get("LogGroupName")) for group in stack.of("AWS::Logs::LogGroup")}
    for group in stack.of("AWS::Logs::LogGroup"):
        days = group.get("RetentionInDays")
        if not isinstance(days, int) or days < _LOG_DAYS:
            yield group.says("log-retention", f"RetentionInDays is {days}; keep logs for {_LOG_DAYS} days or more")
    for function in stack.of(_FUNCTION):
        name = in_words(function.get("FunctionName"))
        if f"/aws/lambda/{name}" not in groups:
            yield function.says("log-group", "Lambda would make its log group, and keep it for ever")
        wanted = {"LogFormat": ("JSON",), "SystemLogLevel": ("INFO", "DEBUG")}
        if any(function.get("LoggingConfig", part) not in values for part, values in wanted.items()):
            yield function.says("log-format", "without Lambda's JSON lines calls that died leave no end: JSON and INFO")


def spools(stack: Stack) -> Iterator[Finding]:
    """What a function could not put in the table reaches the writer from its log."""
    if not stack.interfaces:
        return
    followed = {in_words(each.get("LogGroupName")): each for each in stack.of("AWS::Logs::SubscriptionFilter")}
    for function in stack.of(_FUNCTION):
        group = next((each for each in stack.of("AWS::Logs::LogGroup") if _is_log_of(each, function)), None)
        line = followed.get(group.name) if group else None
        pattern = str(line.get("FilterPattern")) if line else ""
        if "mlfn_spool" not in pattern or "platform.report" not in pattern:
            yield function.says("spool", "records that wait in its log reach nobody: subscribe the audit writer to it")
        if in_words(function.get("Environment", "Variables", "MLFN_AUDIT_TABLE")) != "AuditTable":
            yield function.says("audit-table-name", "it writes its records somewhere else than in the stage's table")


def _is_log_of(group: Resource, function: Resource) -> bool:
    return in_words(group.get("LogGroupName")) == f"/aws/lambda/{in_words(function.get('FunctionName'))}"


def ingresses(stack: Stack) -> Iterator[Finding]:
    """In AWS the alias tells how a function was called; only endpoints that tell no alias may go by a call's shape."""
    for function in stack.of(_FUNCTION):
        if function.get("Environment", "Variables", "MLFN_INGRESS") is not None:
            yield function.says("ingress-shape", "whoever may invoke a version can call it in the API's name")


def aliases(stack: Stack) -> Iterator[Finding]:
    """An app's functions are called through one alias per way in, which leads to a published version."""
    found: dict[str, set[str]] = {}
    for alias in stack.of("AWS::Lambda::Alias"):
        found.setdefault(in_words(alias.get("FunctionName")), set()).add(str(alias.get("Name")))
        if not _is_published(stack, alias.get("FunctionVersion")):
            yield alias.says("alias-version", "it leads to code that can change: point it to a published version")
    for function in stack.of(_FUNCTION) if stack.interfaces else ():
        if missing := _ALIASES - found.get(function.name, set()):
            yield function.says("alias", f"no way in can be told by its alias: {', '.join(sorted(missing))}")


def _is_published(stack: Stack, version: Any) -> bool:
    if isinstance(version, dict) and isinstance(version.get("Fn::If"), list):
        return all(_is_published(stack, branch) for branch in version["Fn::If"][1:])
    parameter = stack.parameter(version)
    if parameter is not None:
        return parameter.get("AllowedPattern") == "^[0-9]*$"
    return stack.target(version, "AWS::Lambda::Version") is not None or str(version).isdigit()
