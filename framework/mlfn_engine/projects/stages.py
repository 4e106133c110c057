"""What `pyproject.toml` says about stages, `[tool.mlfn.stages.NAME]`: where one belongs, how it is deployed to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlfn.errors import DiscoveryError
from mlfn_engine.kms_key import read_kms_key
from mlfn_engine.network import Vpc, read_vpc
from mlfn_engine.projects.project import find_project, mlfn_section
from mlfn_engine.projects.stage_approval import SETTINGS as APPROVAL
from mlfn_engine.projects.stage_approval import approval_rules
from mlfn_engine.projects.topics import SETTING as TOPIC
from mlfn_engine.projects.topics import questions_topic
from mlfn_engine.releases.approvals import ApprovalRules

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_LOG_DAYS = 365
"""As long as the audit records live."""
LOG_DAYS = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""What CloudWatch Logs offers and is not shorter (PutRetentionPolicy)."""
_OTHERS = ("log-retention-days", TOPIC, "vpc", "kms-key", *APPROVAL)
"""Settings that are more than a text."""
_STAGE = re.compile(r"[a-z][a-z0-9]{0,11}")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/(?:.+/)?[\w+=,.@-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """Where a stage belongs: what is not said is taken from the environment."""

    region: str | None = None
    account: str | None = None
    """Twelve digits; credentials of another account are refused."""
    profile: str | None = None
    """An AWS profile; AWS_PROFILE where it is not set."""
    role: str | None = None
    """ARN of the role to take on for this stage."""
    log_retention_days: int = DEFAULT_LOG_DAYS
    approval: ApprovalRules = field(default_factory=ApprovalRules)
    questions_topic: str = ""
    """ARN of the SNS topic that is told what its pipelines ask people; empty: nobody is told."""
    vpc: Vpc | None = None
    """Where its functions run; None: in AWS's own network, with the internet and without yours."""
    kms_key: str | None = None
    """ARN of what its data are encrypted with, or `create`; None: AWS's own keys."""


def read_stages(start: Path) -> dict[str, StageSettings]:
    """The stages that the project of `start` names; none, and any name will do.

    Raises:
        DiscoveryError: pyproject.toml says something of a stage that cannot be.
    """
    root = find_project(start).root
    path = root / "pyproject.toml"
    table = (mlfn_section(path) or {}).get("stages", {}) if path.is_file() else {}
    if not isinstance(table, dict) or not all(isinstance(each, dict) for each in table.values()):
        raise DiscoveryError(f"{path}: tool.mlfn.stages is no table of stages.", hint="Write [tool.mlfn.stages.prod].")
    return {name: _stage(path, name, settings) for name, settings in table.items()}


def _stage(path: Path, name: str, settings: dict[str, Any]) -> StageSettings:
    where = f"{path}: stage {name!r}"
    if not _STAGE.fullmatch(name):
        raise DiscoveryError(
            f"{where} has no name for a stage.", hint="Use a lower-case letter and up to 11 letters or digits."
        )
    known = {"region": _REGION, "account": _ACCOUNT, "profile": re.compile(".+"), "role": _ROLE}
    if unknown := set(settings) - set(known) - {*_OTHERS}:
        listed = ", ".join((*known, *_OTHERS))
        raise DiscoveryError(f"{where} has no setting {min(unknown)!r}.", hint=f"A stage has: {listed}.")
    texts = {key: _text(where, key, settings.get(key), pattern) for key, pattern in known.items()}
    role = _ROLE.fullmatch(texts["role"] or "")
    if role and texts["account"] not in (None, role["account"]):
        raise DiscoveryError(
            f"{where} is in account {texts['account']}, and its role in {role['account']}.",
            hint="Name the account of the role, or leave account out.",
        )
    return StageSettings(
        **texts,
        log_retention_days=_days(where, settings.get("log-retention-days", DEFAULT_LOG_DAYS)),
        approval=approval_rules(where, settings),
        questions_topic=questions_topic(where, settings),
        vpc=read_vpc(where, settings.get("vpc")),
        kms_key=read_kms_key(where, settings.get("kms-key")),
    )


def _text(where: str, key: str, value: Any, pattern: re.Pattern[str]) -> str | None:
    if value is None or (isinstance(value, str) and pattern.fullmatch(value)):
        return value
    examples = {
        "region": '"eu-central-1"',
        "account": '"123456789012" (twelve digits, quoted)',
        "profile": '"production"',
        "role": '"arn:aws:iam::123456789012:role/mlfn-deploy"',
    }
    raise DiscoveryError(f"{where}: {key} = {value!r} cannot be.", hint=f"Write {key} = {examples[key]}.")


def _days(where: str, value: Any) -> int:
    if value in LOG_DAYS and type(value) is int:
        return int(value)
    raise DiscoveryError(
        f"{where}: log-retention-days = {value!r} cannot be: logs are kept as long as records, and CloudWatch offers "
        f"some terms only.",
        hint=f"Use one of {', '.join(map(str, LOG_DAYS))}.",
    )
