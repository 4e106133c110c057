"""State machines and executions, and where they are kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS sfn_definitions (digest TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sfn_executions (
    arn TEXT PRIMARY KEY, owner TEXT, status TEXT, started REAL, sequence INTEGER, body TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sfn_executions_owner ON sfn_executions (owner, sequence);
CREATE INDEX IF NOT EXISTS sfn_executions_status ON sfn_executions (status) WHERE status = 'RUNNING';
CREATE TABLE IF NOT EXISTS sfn_events (
    execution TEXT, id INTEGER, body TEXT, PRIMARY KEY (execution, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sfn_frames (
    execution TEXT, path TEXT, body TEXT, PRIMARY KEY (execution, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sfn_tokens (
    token TEXT PRIMARY KEY, execution TEXT, activity TEXT, input TEXT, state TEXT, worker TEXT, beat REAL,
    created INTEGER, body TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sfn_tokens_activity ON sfn_tokens (activity, state, created);
"""


def moment(seconds: float | None) -> datetime | None:
    """A stored time as boto3 gives it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@dataclass(slots=True, kw_only=True)
class StateMachine:
    """A state machine, or one of its published versions."""

    arn: str
    name: str
    role: str
    kind: str
    """STANDARD or EXPRESS."""
    definition: str
    created: float
    revision: str | None = None
    logging: dict[str, Any] = field(default_factory=lambda: {"level": "OFF", "includeExecutionData": False})
    tracing: dict[str, Any] = field(default_factory=lambda: {"enabled": False})
    encryption: dict[str, Any] | None = None
    description: str | None = None
    versions: int = 0
    """How many versions were ever published."""

    @property
    def express(self) -> bool:
        """Whether its executions are of the Express type."""
        return self.kind == "EXPRESS"


@dataclass(slots=True, kw_only=True)
class Execution:
    """An execution of the Standard type (those of the Express type leave nothing behind)."""

    arn: str
    name: str
    machine_arn: str
    machine_name: str
    role: str
    definition: str
    """Digest of the definition it runs."""
    started: float
    input: str
    status: str = "RUNNING"
    stopped: float | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    map_run_arn: str | None = None
    redrives: int = 0
    redriven: float | None = None
    revision: str | None = None
    jsonata: bool = False
    variables: dict[str, Any] = field(default_factory=dict)
    """What it begins with."""
    item: dict[str, Any] | None = None
    logging: dict[str, Any] = field(default_factory=dict)
    trace: str | None = None
    """The X-Ray header that it was started with."""

    @property
    def owner(self) -> str:
        """What it is listed under: its map run, or its state machine."""
        return self.map_run_arn or self.machine_arn


class Machines:
    """State machines, versions and aliases by ARN."""

    def __init__(self, store: Store) -> None:
        self._documents = store.documents("sfn-machine")
        self.aliases = store.documents("sfn-alias")
        self.tags = store.documents("sfn-tags")

    def get(self, arn: str) -> StateMachine | None:
        """A state machine or version."""
        body = self._documents.get(arn)
        return None if body is None else StateMachine(**body)

    def put(self, machine: StateMachine) -> None:
        """Write a state machine or version."""
        self._documents.put(machine.arn, asdict(machine))

    def delete(self, arn: str) -> None:
        """Remove a state machine or version."""
        self._documents.delete(arn)

    def all(self) -> list[StateMachine]:
        """All state machines by name, without versions."""
        machines = [StateMachine(**body) for arn, body in self._documents.items() if arn.count(":") == 6]
        return sorted(machines, key=lambda machine: machine.name)

    def versions(self, arn: str) -> list[StateMachine]:
        """The versions of a state machine, newest first."""
        found = [StateMachine(**body) for _, body in self._documents.items(f"{arn}:")]
        return sorted(found, key=lambda machine: -int(machine.arn.rsplit(":", 1)[1]))


class Executions:
    """Executions, their definitions and events."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.script(SCHEMA)
        row = store.execute("SELECT max(sequence) FROM sfn_executions").fetchone()
        self._sequence: int = row[0] or 0

    def keep_definition(self, text: str) -> str:
        """Keep a definition for as long as executions may refer to it; its digest."""
        digest = sha256(text.encode()).hexdigest()
        self._store.execute("INSERT OR IGNORE INTO sfn_definitions VALUES (?, ?)", (digest, text))
        return digest

    def definition(self, digest: str) -> str:
        """A kept definition."""
        text: str = self._store.execute("SELECT text FROM sfn_definitions WHERE digest=?", (digest,)).fetchone()[0]
        return text

    def add(self, execution: Execution) -> None:
        """Write a new execution."""
        self._sequence += 1
        row = (execution.arn, execution.owner, execution.status, execution.started, self._sequence, _body(execution))
        self._store.execute("INSERT INTO sfn_executions VALUES (?, ?, ?, ?, ?, ?)", row)

    def update(self, execution: Execution) -> None:
        """Write what changed of an execution."""
        self._store.execute(
            "UPDATE sfn_executions SET status=?, body=? WHERE arn=?",
            (execution.status, _body(execution), execution.arn),
        )

    def get(self, arn: str) -> Execution | None:
        """An execution."""
        row = self._store.execute("SELECT body FROM sfn_executions WHERE arn=?", (arn,)).fetchone()
        return None if row is None else Execution(**json.loads(row[0]))

    def require(self, arn: str) -> Execution:
        """An execution that is known to be there."""
        execution = self.get(arn)
        if execution is None:
            raise LookupError(arn)
        return execution

    def running(self) -> list[Execution]:
        """The executions that have not ended, oldest first."""
        rows = self._store.execute(
            "SELECT body FROM sfn_executions WHERE status='RUNNING' ORDER BY sequence"
        ).fetchall()
        return [Execution(**json.loads(row[0])) for row in rows]

    def page(self, owner: str, status: str | None, before: int, limit: int) -> list[tuple[int, Execution]]:
        """Executions of a state machine or map run below a sequence number, newest first."""
        rows = self._store.execute(
            "SELECT sequence, body FROM sfn_executions WHERE owner=? AND sequence<? AND (? IS NULL OR status=?)"
            " ORDER BY sequence DESC LIMIT ?",
            (owner, before, status, status, limit),
        ).fetchall()
        return [(sequence, Execution(**json.loads(body))) for sequence, body in rows]

    def last_event(self, arn: str) -> int:
        """The number of an execution's last event, which is how many it has."""
        row = self._store.execute("SELECT max(id) FROM sfn_events WHERE execution=?", (arn,)).fetchone()
        return row[0] or 0

    def events(self, arn: str, *, after: int, limit: int, reverse: bool) -> list[dict[str, Any]]:
        """Events of an execution, from the one after `after` (or before it, in reverse)."""
        query = (
            "SELECT body FROM sfn_events WHERE execution=? AND id<? ORDER BY id DESC LIMIT ?"
            if reverse
            else "SELECT body FROM sfn_events WHERE execution=? AND id>? ORDER BY id LIMIT ?"
        )
        return [json.loads(row[0]) for row in self._store.execute(query, (arn, after, limit)).fetchall()]


def _body(execution: Execution) -> str:
    return json.dumps(asdict(execution), separators=(",", ":"))
