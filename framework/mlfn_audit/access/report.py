"""Who may call against who did: every grant with its use, and every caller with its grant."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mlfn.audit.record import Status
from mlfn.runtime.allowing import is_allowed
from mlfn.runtime.identity import AUTHENTICATED, Caller
from mlfn.runtime.manifest import Manifest
from mlfn_audit.access.policies import permission, statements
from mlfn_audit.reconciling.evidence import is_same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlfn_audit.access.policies import Document, Identity
    from mlfn_audit.query import CallRow


class Way(StrEnum):
    """How a call gets in."""

    API = "api"
    DIRECT = "direct"
    PIPELINE = "pipeline"
    AROUND = "around"
    """Past the gateway or the pipeline's front door: a policy allows what those alone should do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One way to call something: what IAM asks for it."""

    way: Way
    action: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model or pipeline as it is deployed."""

    app: str
    name: str
    stack: str
    """The app's stack, whose name its pipelines' roles begin with."""
    doors: tuple[Door, ...]
    public: bool
    principals: tuple[str, ...]
    tokens: Mapping[str, Any] | None
    resource_policies: tuple[tuple[str, Document], ...]
    """Of its function's aliases."""

    @property
    def is_pipeline(self) -> bool:
        """No pipeline calls it as a step: one that is called inside another runs there."""
        return all(door.way is not Way.PIPELINE for door in self.doors)


@dataclass(kw_only=True)
class Use:
    """What somebody has called."""

    calls: int = 0
    last: str | None = None
    assurance: int = 0

    def add(self, row: CallRow) -> None:
        """Count a call."""
        record = row.confirmed
        self.calls += 1
        self.last = max(self.last or "", record.started_at)
        self.assurance = max(self.assurance, record.assurance or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the report."""

    principal: str
    way: Way
    granted_by: str
    """The policy; empty for a caller that has no grant (any more)."""
    note: str
    use: Use = field(default_factory=Use)

    @property
    def mark(self) -> str:
        """`unused`, `no grant`, or nothing."""
        if not self.granted_by:
            return "no grant"
        return "" if self.use.calls else "unused"


def report(subject: Subject, identities: Sequence[Identity], rows: Iterable[CallRow]) -> list[Entry]:
    """Every grant with what was made of it, then every caller that has none; refused calls are no use of a grant."""
    grants = [*_everybody(subject), *_token_holders(subject), *_by_identity(subject, identities)]
    grants += _by_resource(subject)
    others: dict[tuple[str, Way], Entry] = {}
    for row in rows:
        if row.record.status == Status.REJECTED or (subject.is_pipeline and row.record.state):
            continue  # what a pipeline asks people, and what they answer, is no call of it
        caller, way = _caller(row), _way(row)
        entry = next((each for each in grants if each.way is way and _is_meant(each.principal, caller)), None)
        if entry is None:
            absent = Entry(principal=caller, way=way, granted_by="", note=_absence(caller))
            entry = others.setdefault((caller, way), absent)
        entry.use.add(row)
    return grants + sorted(others.values(), key=lambda each: (each.way, each.principal))


def _everybody(subject: Subject) -> list[Entry]:
    return [Entry(principal="*", way=Way.API, granted_by="public=True", note="unsigned")] if subject.public else []


def _token_holders(subject: Subject) -> list[Entry]:
    if subject.tokens is None:
        return []
    scopes = " ".join(subject.tokens["scopes"])
    note = f"for {', '.join(subject.tokens['audiences'])}" + (f"; scope {scopes}" if scopes else "")
    return [Entry(principal=f"{subject.tokens['issuer']}|*", way=Way.API, granted_by="JWT authoriser", note=note)]


def _by_identity(subject: Subject, identities: Sequence[Identity]) -> list[Entry]:
    signed = not subject.public and subject.tokens is None
    doors = [door for door in subject.doors if door.way is not Way.API or signed]
    entries = []
    for identity in identities:
        for door in doors:
            found = permission(identity, door.action, door.resource)
            if found is None:
                continue
            notes = ["under conditions"] if found.conditional else []
            if door.way is Way.API and not _passes(subject, identity.arn):
                notes.append("stopped by access=")
            way = door.way
            if way is Way.PIPELINE and not _is_pipelines(identity.arn, subject):
                way = Way.AROUND
            entries.append(Entry(principal=identity.arn, way=way, granted_by=found.policy, note=", ".join(notes)))
    return entries


def _is_pipelines(arn: str, subject: Subject) -> bool:
    """Whether it is the role of one of the app's pipelines."""
    return arn.rpartition("/")[2].startswith(f"{subject.stack}-")


def _by_resource(subject: Subject) -> list[Entry]:
    """Grants of the aliases' own policies, but for API Gateway's."""
    return [
        Entry(principal=principal, way=_ALIASES.get(alias, Way.DIRECT), granted_by=f"policy of {alias}", note="")
        for alias, document in subject.resource_policies
        for statement in statements(document)
        if statement.get("Effect") == "Allow"
        for principal in _principals(statement)
        if (alias, principal) != ("api", "apigateway.amazonaws.com")
    ]


_ALIASES = {"api": Way.AROUND, "live": Way.DIRECT, "sfn": Way.PIPELINE}


def _principals(statement: Document) -> list[str]:
    given = statement.get("Principal", {})
    named = [given] if isinstance(given, str) else list(given.values())
    return [each for value in named for each in ([value] if isinstance(value, str) else value)]


def _passes(subject: Subject, arn: str) -> bool:
    """Whether the run-time check lets an identity through."""
    facts = {"app": subject.app, "name": subject.name, "id": "", "version": "", "artifact": ""}
    return is_allowed(Caller(arn, "", AUTHENTICATED, "http_iam"), Manifest({**facts, "allow": subject.principals}))


def _caller(row: CallRow) -> str:
    """Who called: in a run, its state machine, and not whom that calls for; a batch's lines run as its map's."""
    if _way(row) is Way.PIPELINE:
        return ":".join((row.record.execution or "").split(":")[:7]).partition("/")[0]
    return row.confirmed.caller or "unknown"


def _way(row: CallRow) -> Way:
    path = row.record.path or ""
    if path == "sfn":
        return Way.PIPELINE
    return Way.DIRECT if path == "direct" else Way.API


def _is_meant(principal: str, caller: str) -> bool:
    if principal == "*":
        return True
    if principal.endswith("|*"):
        return caller.startswith(principal[:-1])
    if ":states:" in caller:
        return _runs(principal, caller.rpartition(":")[2])
    return is_same(principal, caller)


def _runs(role: str, machine: str) -> bool:
    """Whether a role's name is what CloudFormation makes of a state machine's, `shop-dev-MoodsSyncRole-1A2B`."""
    name = role.rpartition("/")[2].lower()
    return any(name.startswith(f"{machine.replace('_', '').lower()}{mode}role-") for mode in ("sync", "async", "batch"))


def _absence(caller: str) -> str:
    if caller == "unknown":
        return "named itself not at all"
    return "the account itself" if caller.endswith(":root") else "may call no more, or never said who it is"
