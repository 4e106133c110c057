"""`mlfn shadow`: a version that gets copies of calls, and whose answers nobody gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.whole_help import WholeHelpGroup
from mlfn_engine.releases.shadow import parse_share, report_on, shadow_of

if TYPE_CHECKING:
    from mlfn_engine.releases.shadow import Shadow, ShadowReport

AFTERWARDS = timedelta(minutes=20)
"""How much later than the last call its copy may be told of: it waits, runs, and may be told of by the reaper."""


@click.group(cls=WholeHelpGroup)
def shadow() -> None:
    """Have a version get copies of live calls, and compare its answers with those that callers got."""


@shadow.command()
@click.argument("which", metavar="MODEL@VERSION")
@click.option("--share", required=True, metavar="20%", help="The share of the calls that are copied, 1 to 100 %.")
@click.option("--use-reserved", is_flag=True, help="Although copies take the model's reserved concurrency.")
@json_option
@command_options
def start(session: Session, which: str, share: str, use_reserved: bool, as_json: bool) -> None:
    """Copy a share of a model's calls to one of its versions, by number or by the start of its image version.

    Callers get what they got before, as fast as before. The model runs twice on what is copied: if it does more than
    answer, such as writing or ordering something, the copy does that, too.
    """
    from mlfn_cli.app_name import app_name
    from mlfn_cli.deploying.shadows import Shadows
    from mlfn_cli.progress import reporter
    from mlfn_cli.views.shadow import show_started

    model, at, version = which.partition("@")
    if not (model and at and version):
        raise UsageError(f"{which!r} names no version.", hint="Write MODEL@VERSION, such as sentiment@7.")
    percent = parse_share(share)
    with reporter() as progress:
        shadows = Shadows.of(session, app_name(session), progress)
        started = shadows.start(model, version, percent, use_reserved=use_reserved)
    show_started((started,), as_json)


@shadow.command()
@click.argument("model")
@json_option
@command_options
def stop(session: Session, model: str, as_json: bool) -> None:
    """End a model's shadow, and take away what it was allowed."""
    from mlfn_cli.app_name import app_name
    from mlfn_cli.deploying.shadows import Shadows
    from mlfn_cli.progress import reporter

    with reporter() as progress:
        version = Shadows.of(session, app_name(session), progress).stop(model)
    if as_json:
        print_json({"model": model, "stopped": version})
    elif version is None:
        console().print(f"Nothing to do: {model} has no shadow.")
    else:
        console().print(f"[green]✓[/] Version {version} of {model} gets no copies any more.")


@shadow.command()
@click.argument("model")
@json_option
@command_options
def report(session: Session, model: str, as_json: bool) -> None:
    """Compare the answers of a model's newest shadow, under way or ended, with those that callers got."""
    from mlfn_cli.views.shadow import report_as_json, report_as_text

    found = _report(session, model)
    if as_json:
        print_json(report_as_json(found))
    else:
        console().print(report_as_text(found))


def _report(session: Session, model: str) -> ShadowReport:
    from mlfn_audit.question import CallsOfModel, Period
    from mlfn_cli.app_name import app_name
    from mlfn_cli.trail.reading import calls_of, opened_table, warn_of_damage

    app, now = app_name(session), datetime.now(UTC)
    found = _newest(session, app, model)
    until = datetime.fromisoformat(found.until) + AFTERWARDS if found.until else now
    period = Period(since=datetime.fromisoformat(found.since), until=until)
    with opened_table(session, page_size=1000) as table:
        calls = calls_of(table, [CallsOfModel(model=f"{app}.{model}", period=period)])
        told = report_on(found, (row.record for row in calls), now)
    warn_of_damage(table.cost)
    return told


def _newest(session: Session, app: str, model: str) -> Shadow:
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.releases.versions import AwsReleases

    with reporter() as progress:
        found = shadow_of(AwsReleases(session.target(), progress).history(app, session.stage), model)
    if found is None:
        raise UsageError(
            f"{model} of {app} has had no shadow (stage {session.stage}).",
            hint=f"Begin one with: mlfn shadow start {model}@VERSION --share 20%",
        )
    return found
