"""Whether there is what `mlfn audit NAME` asks for: no answer must not read like the answer that nobody called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn.errors import DiscoveryError
from mlfn_audit.directory import partition_items
from mlfn_cli.app_name import app_name
from mlfn_cli.trail.reading import models_of
from mlfn_cli.trail.selection import declared_ids, is_named

if TYPE_CHECKING:
    from mlfn_audit.table import AuditTable
    from mlfn_cli.session import Session


def check_known(session: Session, name: str | None, table: AuditTable) -> None:
    """Nothing, if the project declares `name`, the stage knows of it, or the trail has records of it.

    Raises:
        DiscoveryError: none of these.
    """
    if name is None:
        return
    known = models_of(table) | _declared(session)
    if any(is_named(model, name) for model in known) or _has_records(session, name, table):
        return
    raise DiscoveryError(
        f"There is no model or pipeline {name!r}, neither declared here nor in the trail of stage {session.stage}.",
        hint=f"There are: {', '.join(sorted(known)) or 'none'}.",
    )


def _declared(session: Session) -> set[str]:
    from mlfn_engine.discover import discover

    try:
        return declared_ids(discover(session.project, None))
    except Exception:  # whatever the user's module raises: the trail is asked alone
        return set()


def _has_records(session: Session, name: str, table: AuditTable) -> bool:
    """Whether functions have written of it, which no sealer may have noted yet."""
    client: Any = table.client
    model = name if "." in name else f"{app_name(session)}.{name}"
    return any(True for _ in partition_items(client, table.name, f"B#{model}"))
