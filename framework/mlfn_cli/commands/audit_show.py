"""`mlfn audit show ID`: the whole story of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlfn_cli.output import ENDLESS, console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.trail.reading import key_of, models_of, opened_table, warn_of_damage, was_sealed

if TYPE_CHECKING:
    from mlfn.audit.record import AuditRecord
    from mlfn_audit.record_proofs import Seal
    from mlfn_audit.table import AuditTable
    from mlfn_cli.views.story import Story


@click.command()
@click.argument("text", metavar="ID|EXECUTION")
@click.option("--since", default="7d", show_default=True, help="How far back to look: 10m, 1h, 2d or ISO 8601.")
@json_option
@command_options
def show(session: Session, text: str, since: str, as_json: bool) -> None:
    """Tell the whole story of a call: who, what, when, its phases and attempts, its seal, and its pipeline's run.

    ID is a record's, an invocation's or an execution's, whole or its first 8 characters, or an execution's ARN.
    """
    from mlfn_cli.views.story import story_as_json, story_as_text

    with opened_table(session) as table:
        story = _story(session, table, text, since)
    if as_json:
        print_json(story_as_json(story))
    else:
        out = console()
        out.width = ENDLESS
        out.print(story_as_text(story))
    warn_of_damage(table.cost)


def _story(session: Session, table: AuditTable, text: str, since: str) -> Story:
    from mlfn_audit.looking_up import attempts_of, find, names_run
    from mlfn_audit.query import query_records, rows
    from mlfn_audit.question import CallsOfExecution
    from mlfn_audit.runs import own_call, tree_of
    from mlfn_cli.trail.selection import models_named, period_of
    from mlfn_cli.views.story import Story

    models = [] if ":" in text else models_named(session, None, lambda: models_of(table))
    found = find(table, text, models, period_of(since, None))
    run = list(rows(query_records(table, CallsOfExecution(execution=found.execution)))) if found.execution else []
    record = own_call(run, found) if names_run(found, text) else found
    attempts = attempts_of(table, record)
    seal = _seal(session, table, record)
    return Story(record=record, seal=seal, attempts=tuple(attempts), run=tree_of(run))


def _seal(session: Session, table: AuditTable, record: AuditRecord) -> Seal:
    """What the record's hash says, and its checkpoint if anything was ever sealed in the stage."""
    from mlfn_audit.record_proofs import Seal, seal_of
    from mlfn_cli.trail.places import opened_trail

    alone = Seal(problem=None if record.is_intact() else "its content is not what its hash says")
    if not was_sealed(table):
        return alone
    with opened_trail(session) as trail:
        item = trail.parts.client.get_item(TableName=table.name, Key=key_of(record), ConsistentRead=True).get("Item")
        return seal_of(trail.parts, item) if item else alone
