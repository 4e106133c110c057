"""`mlfn deploy`: make what is declared the thing that answers."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.table import Table

from mlfn.errors import DeployError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_engine.planning.actions import PublishVersion

if TYPE_CHECKING:
    from mlfn_engine.deployer import Deployer
    from mlfn_engine.execute import Blueprint
    from mlfn_engine.planning.differences import Differences
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Deployment, Target


@click.command()
@click.option(
    "--canary", "share", default=None, metavar="10%:15m", help="New versions get this share of the calls first."
)
@click.option("--allow-breaking", is_flag=True, help="Deploy although callers of a changed interface may fail.")
@json_option
@command_options
def deploy(session: Session, share: str | None, allow_breaking: bool, as_json: bool) -> None:
    """Build, push and deploy the app.

    With --canary the audit trail of both versions is watched for so long: a new version that fails more often, takes
    longer or predicts otherwise is rolled back at once (exit 1); one that does not is promoted at the end.
    """
    from mlfn_cli.progress import reporter
    from mlfn_deployers import deployer_for

    if share:
        from mlfn_cli.canary import deploy_canary

        deploy_canary(session, share, as_json, allow_breaking=allow_breaking)
        return
    started = time.monotonic()
    target = session.target()
    with reporter() as progress:
        made, deployment, changed = release(
            session, target, deployer_for(target), progress, allow_breaking=allow_breaking
        )
    if changed:
        headline = f"Deployed {made.graph.app} to {target.name} ({session.stage})"
    else:
        headline = f"Nothing to do: {made.graph.app} is up to date"
    _show(made.graph, deployment, as_json, headline, started)


def release(
    session: Session,
    target: Target,
    deployer: Deployer,
    progress: Reporter,
    *,
    canary_percent: int | None = None,
    allow_breaking: bool = True,
) -> tuple[Blueprint, Deployment, tuple[str, ...]]:
    """Plan and execute a deploy: what it was made from, what is deployed, and what changed (nothing: empty).

    Raises:
        DeployError: it failed, or callers would fail and `allow_breaking` is not given.
    """
    from mlfn_cli.commands.plan import differences_of
    from mlfn_cli.compose import blueprint
    from mlfn_engine.builders.oci import default_builder
    from mlfn_engine.builders.vouched import vouched
    from mlfn_engine.execute import execute
    from mlfn_engine.make_plan import make_plan

    made = blueprint(session)
    deployed = deployer.describe(made.graph.app, session.stage)
    planned = make_plan(made.graph, made.images, made.release, deployed, target)
    if deployed and not planned.actions:
        return made, deployed, ()
    if not allow_breaking:
        refuse_breaking(differences_of(made, planned, deployer))
    builder = vouched(default_builder(), made.graph.root)
    deployment = execute(
        planned, made, builder=builder, deployer=deployer, reporter=progress, canary_percent=canary_percent
    )
    changed = tuple(action.function for action in planned.actions if isinstance(action, PublishVersion))
    return made, deployment, changed or ("configuration",)


def refuse_breaking(changes: Differences) -> None:
    """Stop before anything is built if callers would fail who do as they do now.

    Raises:
        DeployError: an interface changes so.
    """
    if not changes.breaking:
        return
    told = "; ".join(f"{each.name}: {', '.join(each.breaking)}" for each in changes.breaking)
    raise DeployError(
        f"This deploy would break callers: {told}.",
        hint="See who calls with mlfn audit; add to the interface instead, or say --allow-breaking.",
    )


def _show(graph: AppGraph, deployment: Deployment, as_json: bool, headline: str, started: float) -> None:
    if as_json:
        print_json(deployment_as_json(deployment))
        return
    out = console()
    out.print(f"[green]✓[/] {headline} ({time.monotonic() - started:.1f} s).")
    out.print(endpoints(graph, deployment))


def deployment_as_json(deployment: Deployment) -> dict[str, object]:
    """A deployment as an object of objects, so that `.outputs.ApiUrl` finds what is looked for."""
    mappings = {name: dict(getattr(deployment, name)) for name in ("outputs", "images", "published", "traffic", "held")}
    return asdict(deployment) | mappings


def endpoints(graph: AppGraph, deployment: Deployment) -> Table:
    """Every model with the version that answers, and every pipeline with its mode, each with its URL."""
    url = dict(deployment.outputs).get("ApiUrl", "")
    images, traffic = dict(deployment.images), dict(deployment.traffic)
    table = Table("", "name", "version", "url", box=None, header_style="bold")

    held = dict(deployment.held)

    def version_of(key: str) -> str:
        if key in held:
            return f"{traffic.get(key, '–')} (held below {held[key]}; mlfn promote {key}@{held[key]} lets go)"
        return f"{traffic.get(key, '–')} ({images[key]})" if key in images else "– (not deployed)"

    for function in graph.functions:
        if function.key != "mlfn-ingress":
            table.add_row("model", function.key, version_of(function.key), f"{url}/models/{function.key}")
    for machine in graph.state_machines:
        name = machine.pipeline.name
        table.add_row(f"pipeline, {machine.pipeline.mode}", name, version_of("mlfn-ingress"), f"{url}/pipelines/{name}")
    return table
