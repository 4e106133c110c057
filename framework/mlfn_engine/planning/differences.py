"""What differs between the deployed template of an app and a new one, in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_engine.planning.encryption import other_keys
from mlfn_engine.planning.schemas import lost, misfits
from mlfn_engine.planning.templates import in_words, read_template, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlfn_engine.planning.templates import Tree

INTERFACES = "MlfnInterfaces"
"""The template's metadata that holds the JSON Schemas of its models and pipelines."""
_SETTINGS = {
    "MemorySize": "memory_mb",
    "Timeout": "timeout_s",
    "EphemeralStorage": "ephemeral storage",
    "ReservedConcurrentExecutions": "reserved concurrency",
    "Architectures": "architecture",
}
_UNTOLD = frozenset({"MLFN_IMAGE_DIGEST"})
"""Variables that change with every image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: of what, and how."""

    subject: str
    told: str
    added: bool | None = None
    """True: it is new; False: it goes; None: it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceChange:
    """How a model's or pipeline's interface differs."""

    name: str
    breaking: tuple[str, ...]
    """Why callers who do as they do now may fail; empty: nothing they do fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All differences, by what they are about."""

    settings: tuple[Change, ...] = ()
    permissions: tuple[Change, ...] = ()
    routes: tuple[Change, ...] = ()
    interfaces: tuple[InterfaceChange, ...] = ()

    @property
    def breaking(self) -> tuple[InterfaceChange, ...]:
        """Interfaces that callers cannot go on using as they do."""
        return tuple(each for each in self.interfaces if each.breaking)


def compare(deployed: str | None, body: str) -> Differences:
    """What a new template changes; nothing is deployed before a first deploy."""
    old, new = read_template(deployed) if deployed else {}, read_template(body)
    return Differences(
        settings=tuple(_settings(old, new)) if deployed else (),
        permissions=tuple(_sets(_permissions, old, new)),
        routes=tuple(_sets(_routes, old, new)),
        interfaces=tuple(_interfaces(old, new)) if deployed else (),
    )


def key_changes(deployed: str | None, body: str) -> tuple[Change, ...]:
    """What of a deployed template would be under another key; nothing is deployed before a first deploy."""
    if deployed is None:
        return ()
    return tuple(_keys(read_template(deployed), read_template(body)))


def _keys(old: Tree, new: Tree) -> Iterator[Change]:
    for name, told in other_keys(old, new):
        yield Change(subject=name.removesuffix("Function").removesuffix("LogGroup"), told=told)


def repackaged(deployed: str | None, body: str) -> tuple[tuple[str, str, str], ...]:
    """Functions that are one type of package and are declared as another: name, what it is, what it would be."""
    old, new = read_template(deployed) if deployed else {}, read_template(body)
    before, after = (resources(each, "AWS::Lambda::Function") for each in (old, new))
    kinds = {name: (_package(before[name]), _package(after[name])) for name in sorted(before.keys() & after.keys())}
    return tuple((str(after[name]["FunctionName"]), was, now) for name, (was, now) in kinds.items() if was != now)


def _package(properties: Tree) -> str:
    return str(properties.get("PackageType", "Zip")).lower()


def _sets(facts: Callable[[Tree], set[tuple[str, str]]], old: Tree, new: Tree) -> Iterator[Change]:
    before, after = facts(old), facts(new)
    for subject, told in sorted(after - before):
        yield Change(subject=subject, told=told, added=True)
    for subject, told in sorted(before - after):
        yield Change(subject=subject, told=told, added=False)


def _settings(old: Tree, new: Tree) -> Iterator[Change]:
    before, after = resources(old, "AWS::Lambda::Function"), resources(new, "AWS::Lambda::Function")
    for name in sorted(before.keys() & after.keys()):
        for key, told in _SETTINGS.items():
            yield from _value(name, told, before[name].get(key), after[name].get(key))
        variables = (_variables(before[name]), _variables(after[name]))
        for key in sorted({*variables[0], *variables[1]} - _UNTOLD):
            yield from _value(name, f"variable {key}", variables[0].get(key), variables[1].get(key))
    yield from _keys(old, new)


def _variables(properties: Tree) -> Mapping[str, Any]:
    found: dict[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return found


def _value(name: str, told: str, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        was, now = ("none" if value is None else in_words(value) for value in (before, after))
        yield Change(subject=name.removesuffix("Function"), told=f"{told} {was} → {now}")


def _permissions(template: Tree) -> set[tuple[str, str]]:
    """Who may do what: every statement of every role and policy, one action on one resource at a time."""
    found: set[tuple[str, str]] = set()
    for name, role in resources(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", ()):
            found |= {(name, told) for told in _statements(policy["PolicyDocument"])}
        found |= {(name, told) for told in _trust(role.get("AssumeRolePolicyDocument", {}))}
    for name, policy in resources(template, "AWS::IAM::ManagedPolicy").items():
        found |= {(name, told) for told in _statements(policy["PolicyDocument"])}
    return found


def _statements(document: Tree) -> Iterator[str]:
    for statement in _list(document.get("Statement")):
        verb = "may" if statement.get("Effect") == "Allow" else "must not"
        condition = f" if {in_words(statement['Condition'])}" if statement.get("Condition") else ""
        for action in _list(statement.get("Action")):
            for resource in _list(statement.get("Resource")):
                yield f"{verb} {action} on {in_words(resource)}{condition}"


def _trust(document: Tree) -> Iterator[str]:
    for statement in _list(document.get("Statement")):
        condition = f" if {in_words(statement['Condition'])}" if statement.get("Condition") else ""
        yield f"may be assumed by {in_words(statement.get('Principal'))}{condition}"


def _routes(template: Tree) -> set[tuple[str, str]]:
    routes = resources(template, "AWS::ApiGatewayV2::Route").values()
    return {(str(route["RouteKey"]), f"for {_AUDIENCE.get(route['AuthorizationType'], '?')}") for route in routes}


_AUDIENCE = {
    "AWS_IAM": "callers with IAM permission",
    "JWT": "holders of a token",
    "NONE": "everybody, unauthenticated",
}


def _interfaces(old: Tree, new: Tree) -> Iterator[InterfaceChange]:
    before, after = _schemas(old), _schemas(new)
    for name in sorted(before):
        if name not in after:
            yield InterfaceChange(name=name, breaking=("it is gone",))
        elif before[name] != after[name]:
            was, now = before[name], after[name]
            inputs = [f"input: {told}" for told in misfits(was["input"], now["input"])]
            outputs = [f"output: {told}" for told in misfits(now["output"], was["output"])]
            gone = [f"output: {told}" for told in lost(was["output"], now["output"])]
            yield InterfaceChange(name=name, breaking=tuple(dict.fromkeys([*inputs, *gone, *outputs])))


def _schemas(template: Tree) -> dict[str, dict[str, Any]]:
    found: Any = template.get("Metadata", {}).get(INTERFACES, {})
    return {name: {side: json.loads(text) for side, text in sides.items()} for name, sides in found.items()}


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
