"""A stage's audit table as commands read it."""

from __future__ import annotations

import heapq
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlfn.errors import AuditError, DeployError
from mlfn_audit.directory import known_models
from mlfn_audit.query import query_records, rows
from mlfn_audit.table import AuditTable
from mlfn_cli.output import messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn.audit.record import AuditRecord
    from mlfn.runtime.data_key import DataKey
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
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated

    target = session.target()
    with translated(target):
        client = Clients(target).records
        try:
            yield AuditTable(client=client, name=f"mlfn-audit-{session.stage}", page_size=page_size)
        except client.exceptions.ResourceNotFoundException as error:
            raise AuditError(
                f"Stage {session.stage!r} has no audit trail.",
                hint=f"Deploy an app there first: mlfn deploy --stage {session.stage}",
            ) from error


def digests_of(session: Session, data: Iterable[bytes], apps: Iterable[str]) -> tuple[str, ...]:
    """The digests that records of an input may have, in hexadecimal: under each app's data key, and plain.

    `data` has the input in every form that it may have had.

    Raises:
        AuditError: a data key must not be used by whoever asks.
    """
    from mlfn_audit.data_keys import input_digests

    keys = (*(_data_key(session, app) for app in apps), None)
    return tuple(sorted({digest.hex() for body in data for key in keys for digest in input_digests(body, key)}))


def _data_key(session: Session, app: str) -> DataKey | None:
    from botocore.exceptions import ClientError

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.data_keys import stage_keys

    try:
        return stage_keys(Clients(session.target()), session.stage).keys.open(app)
    except DeployError:
        return None  # a stage without data keys has plain digests
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        raise AuditError(
            f"You may not use the data key of {app}, which its records' digests are made with.",
            hint="Ask for the digest itself: --json shows it, and --input takes it.",
        ) from error


def models_of(table: AuditTable) -> set[str]:
    """The models that the table's directory lists."""
    client: Any = table.client
    return known_models(client, table.name)


def was_sealed(table: AuditTable) -> bool:
    """Whether there is any checkpoint of the table's trail."""
    from mlfn_audit.seal_table import POINTER

    client: Any = table.client
    return "Item" in client.get_item(TableName=table.name, Key=POINTER)


def key_of(record: AuditRecord) -> dict[str, Any]:
    """Where a record lies in the table."""
    item = record.to_item()
    return {name: item[name] for name in ("pk", "sk")}


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


def warn_of_damage(cost: Cost) -> None:
    """Say on standard error that records were met which are none any more."""
    if cost.damaged:
        what = "1 item is no record" if cost.damaged == 1 else f"{cost.damaged} items are no records"
        messages().print(f"[red]{what} any more: mlfn audit verify tells which.[/]")
