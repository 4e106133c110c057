"""`mlfn plan`: what a deploy would do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json, print_tree, write_file
from mlfn_cli.session import Session, command_options
from mlfn_cli.views.plan import Shown, plan_as_json, plan_tree

if TYPE_CHECKING:
    from mlfn_engine.values import Target


@click.command()
@click.option(
    "--output",
    "-o",
    "--out",
    "kept",
    default=None,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep it in a file, for mlfn deploy FILE.",
)
@json_option
@command_options
def plan(session: Session, kept: Path | None, as_json: bool) -> None:
    """Show what a deploy would change; --output keeps it for a deploy that does exactly that or nothing."""
    if session.target_name == "knative":
        _show_services(session, kept, as_json)
        return
    from mlfn_cli.deploying.costing import add_costs, costs_as_json, costs_of
    from mlfn_cli.deploying.planned import planned
    from mlfn_cli.progress import reporter
    from mlfn_deployers import deployer_for

    target = session.target()
    with reporter() as progress:
        found = planned(session, target, deployer_for(target), progress)
        changes = found.differences()
        costs, traffic = costs_of(session, found)
    told = plan_as_json(found.plan) | {"differences": asdict(changes), "cost": costs_as_json(costs)}
    told["callers"] = {each.name: dict(traffic[each.name].callers) for each in changes.breaking if each.name in traffic}
    if kept:
        write_file(kept, found.saved().to_json(told))
    if session.target_name == "localstack":
        _show_capabilities(target, told, as_json)
    if as_json:
        print_json(told)
    else:
        tree = plan_tree(found.plan, changes, Shown(archives=found.archives, traffic=traffic))
        add_costs(tree, costs)
        print_tree(tree)


def _show_capabilities(target: Target, told: dict[str, object], as_json: bool) -> None:
    from mlfn_cli.views.capabilities import capabilities_as_json, capability_table

    if as_json:
        told["capabilities"] = capabilities_as_json(target)
    else:
        console().print(capability_table(target))


def _show_services(session: Session, kept: Path | None, as_json: bool) -> None:
    from mlfn_cli.deploying.knative import show_plan

    if kept:
        raise UsageError("A plan for knative cannot be kept.", hint="Leave --output away.")
    show_plan(session, as_json)
