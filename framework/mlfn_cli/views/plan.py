"""A plan, for people and for programs: what is done, and what that means."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, assert_never

from rich.markup import escape
from rich.tree import Tree

from mlfn_cli.views.calls import told
from mlfn_engine.planning.actions import ApplyStack, BuildImage, MoveTraffic, PublishVersion, PushImage, RemoveFunction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_audit.traffic import Traffic
    from mlfn_engine.planning.actions import Action, Plan
    from mlfn_engine.planning.differences import Change, Differences, InterfaceChange

MOST = 12
"""Changes of one subject that are told; a new function alone has about ten permissions."""
_MARKS = {True: ("+", "green"), False: ("-", "red"), None: ("~", "yellow")}


def plan_as_json(planned: Plan) -> dict[str, object]:
    """A plan without its target's credentials."""
    actions = [
        {"action": type(action).__name__} | {name: getattr(action, name) for name in action.__dataclass_fields__}
        for action in planned.actions
    ]
    return {"app": planned.app, "stage": planned.stage, "target": planned.target.name, "actions": actions}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What else people are told of a plan."""

    archives: frozenset[str] = frozenset()
    """Functions that are zip archives."""
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    """What models and pipelines were called lately, if it was read."""
    most: int | None = MOST
    """Changes of one subject; None: all, for whoever must agree to them."""


def plan_tree(planned: Plan, changes: Differences, shown: Shown) -> Tree:
    """A plan for people: what is done, and below it what that means."""
    tree = Tree(f"[bold]{planned.app}[/], stage {planned.stage}, target {planned.target.name}")
    for action in planned.actions:
        tree.add(describe(action, shown.archives))
    if not planned.actions:
        tree.add("nothing to do")
    for title in ("settings", "permissions", "routes"):
        _branch(tree, title, getattr(changes, title), shown.most)
    if changes.interfaces:
        show_interfaces(tree.add("interfaces"), changes.interfaces, shown.traffic)
    return tree


def _branch(tree: Tree, title: str, changes: tuple[Change, ...], most: int | None) -> None:
    """Changes by subject; many of the same kind are counted once more than `most` are told."""
    if not changes:
        return
    branch = tree.add(title)
    for subject, group in groupby(changes, key=lambda change: change.subject):
        those = list(group)
        leaf = branch.add(f"[bold]{escape(subject)}[/]")
        for change in those[:most]:
            mark, style = _MARKS[change.added]
            leaf.add(f"[{style}]{mark} {escape(change.told)}[/]")
        if left := len(those[most:] if most else ()):
            leaf.add(f"… and {left} more: --json shows them")


def show_interfaces(
    branch: Tree, changes: tuple[InterfaceChange, ...], traffic: Mapping[str, Traffic] | None = None
) -> None:
    """Add each changed interface, and why it breaks callers if it does, and whom."""
    for change in changes:
        if not change.breaking:
            branch.add(f"{escape(change.name)}: changes, and breaks no caller")
            continue
        leaf = branch.add(f"[red]{escape(change.name)}: breaks callers[/] (deploy takes it with --allow-breaking)")
        for reason in change.breaking:
            leaf.add(f"[red]{escape(reason)}[/]")
        if seen := callers_seen(traffic or {}, change.name):
            leaf.add(f"called in the last 30 days by {escape(seen)}")


def callers_seen(traffic: Mapping[str, Traffic], name: str, most: int = 5) -> str | None:
    """Who called a model or pipeline lately, those who did most first; None if nobody did."""
    callers = traffic[name].callers if name in traffic else None
    if not callers:
        return None
    shown = ", ".join(f"{told(caller)} ({calls:,})" for caller, calls in callers.most_common(most))
    left = len(callers) - most
    return f"{shown}{f' and {left} more' if left > 0 else ''}"


def describe(action: Action, archives: frozenset[str] = frozenset()) -> str:
    """One action in words."""
    match action:
        case BuildImage():
            return f"build {_package(action.function, archives)} {action.function} {action.version}"
        case PushImage():
            return f"push {_package(action.function, archives)} {action.function} {action.version}"
        case ApplyStack():
            return f"{'create' if action.create else 'update'} stack {action.stack}"
        case PublishVersion():
            was = f" (was {action.replaces})" if action.replaces else ""
            return f"publish [bold]{action.function}[/] {action.version}{was}"
        case MoveTraffic():
            return f"move traffic of {action.function} to {action.version}"
        case RemoveFunction():
            return f"[red]remove function {action.function}[/]"
        case _:
            assert_never(action)


def _package(function: str, archives: frozenset[str]) -> str:
    return "archive" if function in archives else "image"
