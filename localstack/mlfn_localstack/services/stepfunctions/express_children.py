"""How children of the Express type ended: neither a restart nor a redrive of their map runs one that succeeded again.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlfn_localstack.services.stepfunctions.journal import report
from mlfn_localstack.services.stepfunctions.model import Execution

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.interpreter.world import Run
    from mlfn_localstack.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sfn_children (
    parent TEXT, name TEXT, redrives INTEGER, body TEXT, PRIMARY KEY (parent, name)) WITHOUT ROWID;
"""


class ExpressChildren:
    """Those that have ended, by their parent and their name, until the parent has succeeded."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.script(_SCHEMA)

    def find(self, parent: Run, name: str) -> Execution | None:
        """A child that need not run again: it succeeded, or it failed since the parent's last redrive."""
        row = self._store.execute(
            "SELECT redrives, body FROM sfn_children WHERE parent=? AND name=?", (parent.arn, name)
        ).fetchone()
        if row is None:
            return None
        child = Execution(**json.loads(row[1]))
        return child if child.status == "SUCCEEDED" or row[0] >= parent.redrives else None

    def keep(self, parent: Run, child: Execution) -> None:
        """Note how a child ended; nobody waits until that is on disk."""
        row = (parent.arn, child.name, parent.redrives, json.dumps(asdict(child), separators=(",", ":")))
        self._store.execute("INSERT OR REPLACE INTO sfn_children VALUES (?, ?, ?, ?)", row)
        self._store.when_durable(report)

    def forget(self, parent: str) -> None:
        """Let go of an execution's children: it is never redriven."""
        self._store.execute("DELETE FROM sfn_children WHERE parent=?", (parent,))
