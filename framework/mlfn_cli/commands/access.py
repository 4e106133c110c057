"""`mlfn access`: who may call a model, against who did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Column, Table

from mlfn.errors import TargetError, UsageError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options, not_deployed

if TYPE_CHECKING:
    from mlfn_audit.access.report import Entry, Subject


@click.command()
@click.argument("name", metavar="MODEL|PIPELINE", required=False)
@click.option("--since", default="30d", show_default=True, help="Calls from when on: 10m, 1h, 2d or ISO 8601.")
@click.option("--unused", is_flag=True, help="Only grants that nobody has used.")
@click.option("--refresh-keys", is_flag=True, help="Instead: store the keys that proofs are checked with.")
@json_option
@command_options
def access(session: Session, name: str | None, since: str, unused: bool, refresh_keys: bool, as_json: bool) -> None:
    """List who may call a model or pipeline, by what is deployed, and who did.

    Reads the account's identity policies, the policies of the function's aliases, the stack's access= and JWT
    authorisers, and the audit trail.
    """
    if refresh_keys:
        _refresh_keys(session, as_json)
        return
    if name is None:
        raise UsageError("Whose access is meant?", hint="Name a model or a pipeline: mlfn access NAME")
    subject, entries = _report(session, name, since)
    shown = [entry for entry in entries if not unused or entry.mark == "unused"]
    if as_json:
        print_json(_as_json(subject, shown))
        return
    console().print(_headline(subject))
    console().print(access_table(shown) if shown else "Nobody.")


def _refresh_keys(session: Session, as_json: bool) -> None:
    """What a deploy does, for when tokens were switched on or keys have changed since the last one."""
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_deployers.aws.issuers import publish

    target = session.target()
    with translated(target), reporter() as progress:
        clients = Clients(target)
        stack = clients.cloudformation.describe_stacks(StackName=f"mlfn-base-{session.stage}")["Stacks"][0]
        bucket = next(each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "DataBucket")
        stored = publish(clients, bucket, progress, enable=target.endpoint_url is not None)
    if not stored:
        raise TargetError(
            "The account hands out no web identity tokens, so that there are no keys.",
            hint="Run: aws iam enable-outbound-web-identity-federation",
        )
    if as_json:
        print_json({"keys": f"s3://{bucket}/mlfn/issuers.json"})
    else:
        console().print(f"[green]✓[/] The keys are in s3://{bucket}/mlfn/issuers.json.")


def _report(session: Session, name: str, since: str) -> tuple[Subject, list[Entry]]:
    from mlfn_audit.access.report import report
    from mlfn_audit.question import CallsOfModel
    from mlfn_cli.deploying.access_reading import account_identities, deployed_subject, has_stack
    from mlfn_cli.trail.reading import calls_of, opened_table
    from mlfn_cli.trail.selection import period_of
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.discover import discover

    app = discover(session.project, None).name
    question = CallsOfModel(model=f"{app}.{name}", period=period_of(since, None))
    with opened_table(session) as table:
        clients, stack = Clients(session.target()), f"{app}-{session.stage}"
        if not has_stack(clients, stack):
            raise not_deployed(app, session.stage, session.target_name)
        subject = deployed_subject(clients, app, session.stage, name)
        calls = (row for row in calls_of(table, [question]) if not row.record.is_copy)
        return subject, report(subject, account_identities(clients), calls)


def _headline(subject: Subject) -> str:
    if subject.public:
        return f"{subject.name} is open to everybody (public=True)."
    if subject.tokens is not None:
        return f"{subject.name} takes the tokens of {subject.tokens['issuer']}."
    if subject.principals:
        return f"{subject.name} is for {', '.join(subject.principals)} (access=)."
    return f"{subject.name} is for whoever the account's policies let through: it has no access=."


def access_table(entries: list[Entry]) -> Table:
    """Every grant and every caller without one; on a narrow terminal in more lines, and never in part."""
    columns = ("who", "way", "granted by", "calls", "last call (UTC)", "sure", "")
    folded = [Column(each, overflow="fold") for each in columns]  # half an ARN names nobody
    table = Table(*folded, box=None, header_style="bold", pad_edge=False)
    for entry in entries:
        table.add_row(*_cells(entry))
    return table


def _cells(entry: Entry) -> tuple[str, ...]:
    from mlfn_cli.views.calls import ASSURANCE, told

    colour = {"unused": "yellow", "no grant": "red"}.get(entry.mark, "white")
    remarks = [f"[{colour}]{entry.mark}[/]" if entry.mark else "", escape(entry.note)]
    return (
        escape(told(entry.principal)),
        str(entry.way),
        escape(told(entry.granted_by)) or "–",
        f"{entry.use.calls:,}" if entry.use.calls else "–",
        (entry.use.last or "–")[:19].replace("T", " "),
        ASSURANCE[entry.use.assurance] if entry.use.calls else "–",
        ", ".join(remark for remark in remarks if remark),
    )


def _as_json(subject: Subject, entries: list[Entry]) -> dict[str, Any]:
    return {
        "name": f"{subject.app}.{subject.name}",
        "public": subject.public,
        "principals": list(subject.principals),
        "tokens": subject.tokens,
        "access": [
            {
                "principal": entry.principal,
                "way": str(entry.way),
                "granted_by": entry.granted_by or None,
                "note": entry.note or None,
                "calls": entry.use.calls,
                "last_call": entry.use.last,
                "assurance": entry.use.assurance if entry.use.calls else None,
                "mark": entry.mark or None,
            }
            for entry in entries
        ],
    }
