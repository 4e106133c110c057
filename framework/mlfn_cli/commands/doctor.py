"""`mlfn doctor`: what would make the next deploy fail, why, and what to run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from mlfn.errors import DeployError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options, not_deployed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_deployers.aws.ailments import Ailment, Patient
    from mlfn_deployers.aws.healing import Healed
    from mlfn_engine.reporting import Reporter


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended without asking.")
@json_option
@command_options
def doctor(session: Session, fix: bool, as_json: bool) -> None:
    """Look for what ails the deployed app; for each thing the command that mends it (exit 1 if any is left)."""
    from mlfn_cli.app_name import app_name
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.ailments import Patient
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated

    target, app = session.target(), app_name(session)
    if session.target_name == "localstack" and not as_json:
        from mlfn_cli.views.capabilities import capability_table

        console().print(capability_table(target))
    with reporter() as progress, translated(target):
        clients = Clients(target)
        patient = Patient(target=target, clients=clients, reporter=progress, app=app, stage=session.stage)
        found = patient.ailments()
        if not found and not patient.is_deployed():
            raise not_deployed(app, session.stage, session.target_name)
        healed = _healed(session, patient, found, progress) if fix else ()
        left = patient.ailments() if healed else found
    if as_json:
        print_json({"found": found, "healed": [asdict(each) for each in healed], "left": left})
    else:
        _show(app, healed, left)
    if left:
        raise DeployError(
            f"{app} has {len(left)} {'ailment' if len(left) == 1 else 'ailments'}.", hint=_hint(left, fix)
        )


def _healed(session: Session, patient: Patient, found: Sequence[Ailment], progress: Reporter) -> tuple[Healed, ...]:
    from mlfn_cli.deploying.remaking import remake
    from mlfn_deployers.aws.healing import Healer

    return Healer(patient=patient, remake=lambda key: remake(session, patient, key, progress)).heal(found)


def _show(app: str, healed: Sequence[Healed], left: Sequence[Ailment]) -> None:
    out = console()
    for each in healed:
        mark = "[green]✓[/]" if each.is_healed else "[red]✗[/]"
        out.print(f"{mark} {escape(f'{each.ailment.subject}: {each.ailment.name}: {each.told}')}")
    if not left:
        out.print(f"[green]✓[/] {app} is well.")
        return
    for ailment in left:
        out.print(f"[red]✗[/] [bold]{escape(ailment.subject)}[/]: {ailment.name}: {escape(ailment.told)}")
        out.print(f"    {escape(ailment.because)}")
        out.print(f"    run: {escape(ailment.run)}")


def _hint(left: Sequence[Ailment], fixed: bool) -> str:
    if not fixed and any(each.is_healable for each in left):
        return "Let it mend what it can: mlfn doctor --fix"
    return f"Run: {left[0].run}"
