"""`mlfn plan`: what a deploy would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import click
from rich.tree import Tree

from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_engine.values import (
    ApplyStack,
    BuildImage,
    MoveTraffic,
    PublishVersion,
    PushImage,
    RemoveFunction,
)

if TYPE_CHECKING:
    from mlfn_engine.values import Action, Plan


@click.command()
@json_option
@command_options
def plan(session: Session, as_json: bool) -> None:
    """Show what a deploy would change."""
    from mlfn_cli.compose import blueprint
    from mlfn_deployers import deployer_for
    from mlfn_engine.make_plan import make_plan

    target = session.target()
    made = blueprint(session)
    deployed = deployer_for(target).describe(made.graph.app, session.stage)
    planned = make_plan(made.graph, made.images, made.release, deployed, target)
    if as_json:
        print_json(plan_as_json(planned))
    else:
        console().print(plan_tree(planned))


def plan_as_json(planned: Plan) -> dict[str, object]:
    """A plan without its target's credentials."""
    actions = [
        {"action": type(action).__name__} | {name: getattr(action, name) for name in action.__dataclass_fields__}
        for action in planned.actions
    ]
    return {"app": planned.app, "stage": planned.stage, "target": planned.target.name, "actions": actions}


def plan_tree(planned: Plan) -> Tree:
    """A plan for people."""
    tree = Tree(f"[bold]{planned.app}[/], stage {planned.stage}, target {planned.target.name}")
    for action in planned.actions:
        tree.add(describe(action))
    if not planned.actions:
        tree.add("nothing to do")
    return tree


def describe(action: Action) -> str:
    """One action in words."""
    match action:
        case BuildImage():
            return f"build image {action.function} {action.version}"
        case PushImage():
            return f"push image {action.function} {action.version}"
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
