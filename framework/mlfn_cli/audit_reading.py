"""A stage's audit table as commands read it."""

from __future__ import annotations

import heapq
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlfn.errors import AuditError
from mlfn_audit.directory import known_models
from mlfn_audit.query import query_records, rows
from mlfn_audit.table import AuditTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_audit.query import CallRow
    from mlfn_audit.question import Question
    from mlfn_audit.table import Cost
    from mlfn_cli.session import Session


@contextmanager
def opened_table(session: Session, *, page_size: int = 250) -> Iterator[AuditTable]:
    """The audit table of the session's stage and target.

    Raises:
        AuditError: the stage has none.
        TargetError: the target does not answer.
    """
    from mlfn_deployers.aws.clients import Clients
    from mlfn_deployers.aws.errors import translated

    target = session.target()
    with translated(target):
        client: Any = Clients(target).dynamodb  # boto3's stubs type each keyword; the protocol takes any
        try:
            yield AuditTable(client=client, name=f"mlfn-audit-{session.stage}", page_size=page_size)
        except client.exceptions.ResourceNotFoundException as error:
            raise AuditError(
                f"Stage {session.stage!r} has no audit trail.",
                hint=f"Deploy an app there first: mlfn deploy --stage {session.stage}",
            ) from error


def models_of(table: AuditTable) -> set[str]:
    """The models that the table's directory lists."""
    client: Any = table.client
    return known_models(client, table.name)


def calls_of(table: AuditTable, questions: Iterable[Question], *, newest_first: bool = False) -> Iterator[CallRow]:
    """The calls that any of the questions asks for, in the order of their start."""
    answers = [rows(query_records(table, question, newest_first=newest_first)) for question in questions]
    return heapq.merge(*answers, key=lambda row: row.record.started_at, reverse=newest_first)


def cost_text(cost: Cost) -> str:
    """What was read, for people."""
    batches = f" and {cost.batches} of BatchGetItem" if cost.batches else ""
    units = f", {cost.units:,g} read units" if cost.units else ""
    return f"Read by key, no scan: {cost.pages:,} pages of Query{batches}, {cost.items:,} items{units}."


def cost_json(cost: Cost) -> dict[str, Any]:
    """What was read, for programs."""
    return {"pages": cost.pages, "batches": cost.batches, "items": cost.items, "read_units": cost.units}
