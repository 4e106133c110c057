"""The stack of the platform's own functions in one stage, and their alarms."""

from __future__ import annotations

from dataclasses import dataclass

from mlfn.runtime.proofs import ISSUERS_KEY
from mlfn_engine.values import Template
from mlfn_templates.cloudformation.encoding import environment


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionView:
    """A function as the template shows it."""

    key: str
    stage: str
    description: str
    module: str
    timeout_s: int
    schedule: str = ""
    leading_keys: tuple[str, ...] = ()
    """Partitions of the audit table it may add items to."""
    table_reads: tuple[str, ...] = ()
    index_reads: tuple[str, ...] = ()
    """Indexes of the audit table it may query."""
    finds_apps: bool = True
    log_groups: tuple[str, ...] = ()

    @property
    def reads_heads(self) -> bool:
        """Whether it looks for who wrote a function's log."""
        return self.key in {"writer", "reaper"}

    @property
    def name(self) -> str:
        """Its name in Lambda."""
        return f"mlfn-{self.key}-{self.stage}"

    @property
    def prefix(self) -> str:
        """The start of its logical ids."""
        return self.key.capitalize()

    @property
    def handler(self) -> str:
        """What it runs."""
        return f"{self.module}:handler"


ALARMS = {
    "AuditTampered": "A record was changed or deleted by hand: see tampering/ in the seal bucket.",
    "AuditLost": "Functions were invoked more often than there are records of how a call ended.",
    "AuditOrphans": "Calls ended without a word: timeout, out of memory, killed.",
    "AuditSpooled": "Functions could not put records in time; they were put from the logs.",
    "AuditCollision": "A record is not the one that is in the table under its key.",
    "AuditDeferred": "Functions could not put records in time; they are put from the logs.",
    "AuditUnkeyed": "Calls were recorded without digests: functions could not have the app's data key.",
    "AuditCaptureLost": "Payloads that were to be kept are not: S3 did not take them.",
    "AuditUnreadable": "Items lie among the records that are none: mlfn audit verify tells which.",
    "AuditUnconfirmed": "Calls are not what their records say, or have none: see the log of mlfn-reconciler.",
    "AuditUnbelieved": "A log holds records of a writer that is none: somebody forges them.",
}
"""Counts that should be 0, and what it means if they are not."""


def platform_stack_name(stage: str) -> str:
    """The platform stack's name."""
    return f"mlfn-platform-{stage}"


def render_platform(stage: str, kms_key: str | None = None) -> Template:
    """The platform stack of a stage that has a base stack, with such a key, and a seal stack."""
    context = {
        "stage": stage,
        "service": f"mlfn-audit-{stage}",
        "functions": (*_recorders(stage), *_provers(stage), *_watchers(stage)),
        "alarms": ALARMS.items(),
        "issuers_key": ISSUERS_KEY,
        "kms_key": kms_key,
    }
    body = environment().get_template("platform.yaml.j2").render(context)
    return Template(format="cloudformation", name=platform_stack_name(stage), body=body, parameters=())


def _recorders(stage: str) -> tuple[FunctionView, ...]:
    """What completes the trail."""
    models = f"/aws/lambda/*-{stage}-*"
    return (
        FunctionView(
            key="writer",
            stage=stage,
            description="Puts the records that functions spooled, and ends the calls that could not.",
            module="mlfn_audit.platform.writer",
            timeout_s=120,
            leading_keys=("A#*", "B#*"),
            table_reads=("dynamodb:BatchGetItem",),
            log_groups=(models,),
        ),
        FunctionView(
            key="reaper",
            stage=stage,
            description="Reads the logs on, and puts what is missing in the audit trail.",
            module="mlfn_audit.platform.reaper",
            timeout_s=300,
            schedule="rate(1 minute)",
            leading_keys=("A#*", "B#*", "R#*"),
            table_reads=("dynamodb:BatchGetItem", "dynamodb:Query"),
            log_groups=(models, f"/aws/vendedlogs/apis/*-{stage}"),
        ),
    )


def _provers(stage: str) -> tuple[FunctionView, ...]:
    """What proves that the trail is whole and true."""
    return (
        FunctionView(
            key="sealer",
            stage=stage,
            description="Seals the audit trail.",
            module="mlfn_audit.sealer",
            timeout_s=300,
            schedule="rate(5 minutes)",
            leading_keys=("W#*", "K#*", "B#"),
            table_reads=("dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query"),
        ),
        FunctionView(
            key="reconciler",
            stage=stage,
            description="Holds calls against CloudTrail and the API's access log, and notes who called.",
            module="mlfn_audit.platform.reconciler",
            timeout_s=300,
            schedule="rate(15 minutes)",
            leading_keys=("A#*", "B#*", "R#*"),
            table_reads=("dynamodb:BatchGetItem", "dynamodb:Query"),
            index_reads=("GSI2",),
            log_groups=(f"/aws/vendedlogs/apis/*-{stage}",),
        ),
    )


def _watchers(stage: str) -> tuple[FunctionView, ...]:
    """What looks after callers' proofs and after the table."""
    return (
        FunctionView(
            key="issuers",
            stage=stage,
            description="Stores the keys that direct callers' proofs are checked with.",
            module="mlfn_audit.platform.issuers",
            timeout_s=60,
            schedule="rate(1 hour)",
            finds_apps=False,
        ),
        FunctionView(
            key="watcher",
            stage=stage,
            description="Notes every change of a record that is not an addition or its expiry.",
            module="mlfn_audit.platform.watcher",
            timeout_s=60,
            finds_apps=False,
        ),
    )
