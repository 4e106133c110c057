"""The audit trail of a stage as a command reaches it: table, bucket and signing key of a target."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import AuditError, UsageError
from mlfn_audit.bucket import CheckpointBucket
from mlfn_audit.checkpoint import Checkpoint, Sealed
from mlfn_audit.directory import deployed_models, enter_models, known_models, origin
from mlfn_audit.note import PublicKey, opened
from mlfn_audit.record_proofs import Trail
from mlfn_audit.seal_table import TableSealer
from mlfn_audit.signing import kms_signer
from mlfn_cli.localstack_target import fitted
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.platform import EMULATED_LOCK
from mlfn_deployers.aws.stacks.change_sets import StackChange, Stacks
from mlfn_templates import render_seal, seal_stack_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_audit.note import Signer
    from mlfn_cli.session import Session
    from mlfn_engine.reporting import Reporter

POLL_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailAccess:
    """A trail, who seals it, and what was seen of it before."""

    parts: Trail
    signer: Signer
    folder: Path
    """Where this project keeps keys and the last checkpoint it has seen."""

    def sealer(self) -> TableSealer:
        """Who seals it."""
        return TableSealer(
            client=self.parts.client,
            table=self.parts.table,
            bucket=self.parts.bucket,
            signer=self.signer,
            models=lambda: self.parts.models,
        )

    def last_seen(self) -> Checkpoint | None:
        """The last checkpoint that was verified here."""
        try:
            return Checkpoint.parse(opened(self._seen.read_text(), self.parts.key))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise AuditError(f"{self._seen} is no checkpoint: {error}.", hint="Remove it if you know why.") from error

    def remember(self, number: int) -> None:
        """Keep a checkpoint, so that the trail cannot be rolled back to before it unseen."""
        data = self.parts.bucket.get(number)
        if data is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self._seen.with_suffix(".part")
            draft.write_text(Sealed.from_bytes(data).note)
            draft.replace(self._seen)

    @staticmethod
    def now() -> float:
        """Seconds since 1970."""
        return time.time()

    @property
    def _seen(self) -> Path:
        return self.folder / f"{self.parts.key.name}.checkpoint"


@contextmanager
def opened_trail(session: Session) -> Iterator[TrailAccess]:
    """The trail of the session's stage and target; what AWS refuses becomes an error that says what to do.

    Raises:
        AuditError: the stage has no trail yet.
    """
    target = session.target()
    clients = Clients(target)
    table = f"mlfn-audit-{session.stage}"
    with translated(target):
        account = target.account_id or clients.session.client("sts").get_caller_identity()["Account"]
        tables: Any = clients.dynamodb  # boto3's stubs type each keyword; the protocols take any
        try:
            name = origin(tables, table, target.region, account)
        except tables.exceptions.ResourceNotFoundException as error:
            hint = f"Deploy an app there first: mlfn deploy --stage {session.stage}"
            raise AuditError(f"Stage {session.stage!r} has no audit trail.", hint=hint) from error
        buckets: Any = clients.s3
        folder = trail_folder(session)
        signer = _signer(session, clients, name)
        _keep(folder / f"{session.stage}.pub", signer.public_key)
        parts = Trail(
            client=tables,
            table=table,
            models=_models(clients, table, session.stage),
            bucket=CheckpointBucket(client=buckets, name=_output(session, clients, "SealBucket"), trail=name),
            key=signer.public_key,
        )
        yield TrailAccess(parts=parts, signer=signer, folder=folder)


def set_up(session: Session, reporter: Reporter) -> None:
    """Make the signing key and the locked bucket of the stage's trail, as `mlfn deploy` does."""
    target = session.target()
    lock = EMULATED_LOCK if session.target_name in ("local", "localstack") else {}
    seal = fitted(render_seal(session.stage), session.target_name)
    change = StackChange(template=seal, parameters=lock, tags={"mlfn:stage": session.stage})
    with translated(target):
        _stacks(Clients(target)).apply(change, reporter)


def trail_folder(session: Session) -> Path:
    """The directory of the project that holds keys and checkpoints: the emulator's go with its state."""
    if session.target_name == "local":
        return session.state_dir / "audit"
    return session.state_dir.parent / "audit" / session.target_name


def own_key(session: Session) -> PublicKey:
    """The public key of the stage's trail, as this project knows it.

    Raises:
        UsageError: it knows none.
    """
    file = trail_folder(session) / f"{session.stage}.pub"
    try:
        return PublicKey.parse(file.read_text())
    except FileNotFoundError as error:
        raise UsageError("No public key to verify with.", hint="Give the one you trust with --key.") from error
    except ValueError as error:
        raise AuditError(f"{file} is no public key.", hint="Give the one you trust with --key.") from error


def _keep(file: Path, key: PublicKey) -> None:
    """Write down a trail's public key, which does not change while the trail lasts."""
    if file.is_file():
        known = PublicKey.parse(file.read_text())
        if known == key:
            return
        if known.name == key.name:
            raise AuditError(
                f"The signing key of {key.name} is not the one that {file} names.",
                hint="Find out who changed it; remove the file only if it was you.",
            )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{key}\n")


def _models(clients: Clients, table: str, stage: str) -> tuple[str, ...]:
    tables: Any = clients.dynamodb
    stacks: Any = clients.cloudformation
    known, deployed = known_models(tables, table), deployed_models(stacks, stage)
    enter_models(tables, table, deployed - known)
    return tuple(sorted(known | deployed))


def _signer(session: Session, clients: Clients, name: str) -> Signer:
    """The stage's KMS key."""
    client: Any = clients.kms
    return kms_signer(client, _output(session, clients, "SealKey"), name)


def _stacks(clients: Clients) -> Stacks:
    return Stacks(clients.cloudformation, clients.s3, poll_s=POLL_S)


def _output(session: Session, clients: Clients, name: str) -> str:
    output = _stacks(clients).outputs(seal_stack_name(session.stage)).get(name)
    if output is None:
        raise AuditError(
            f"Nothing seals the trail of stage {session.stage!r} yet.",
            hint="Deploy again, or make the signing key and the locked bucket alone: mlfn audit seal --setup",
        )
    return output
