"""`[tool.mlfn.stages.NAME]`: where a stage belongs, and how long it keeps logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlfn.errors import DiscoveryError
from mlfn_engine.network import Vpc
from mlfn_engine.projects.stages import DEFAULT_LOG_DAYS, StageSettings, read_stages
from mlfn_engine.releases.approvals import ApprovalRules

if TYPE_CHECKING:
    from pathlib import Path

PROD = """
[tool.mlfn]
[tool.mlfn.stages.prod]
region = "eu-central-1"
account = "123456789012"
role = "arn:aws:iam::123456789012:role/ci/mlfn-deploy"
log-retention-days = 731
kms-key = "create"
[tool.mlfn.stages.prod.vpc]
subnets = ["subnet-89abcdef", "subnet-01234567"]
security-groups = ["sg-0123456789abcdef0"]
[tool.mlfn.stages.dev]
"""


def test_a_stage_says_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROD)

    stages = read_stages(tmp_path)

    assert stages["prod"] == StageSettings(
        region="eu-central-1",
        account="123456789012",
        role="arn:aws:iam::123456789012:role/ci/mlfn-deploy",
        log_retention_days=731,
        kms_key="create",
        vpc=Vpc(subnets=("subnet-01234567", "subnet-89abcdef"), security_groups=("sg-0123456789abcdef0",)),
    )
    assert stages["dev"] == StageSettings(log_retention_days=DEFAULT_LOG_DAYS)


def test_a_project_need_not_name_stages(tmp_path: Path) -> None:
    assert read_stages(tmp_path) == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("account = 123456789012", "account = 123456789012 cannot be"),
        ('kms-key = "alias/mine"', "kms-key = 'alias/mine' cannot be"),
        ('account = "1234"', "account = '1234' cannot be"),
        ('region = "frankfurt"', "region = 'frankfurt' cannot be"),
        ('role = "deploy"', "role = 'deploy' cannot be"),
        ('account = "210987654321"\nrole = "arn:aws:iam::123456789012:role/x"', "its role in 123456789012"),
        ("log-retention-days = 30", "log-retention-days = 30 cannot be"),
        ("log-retention-days = true", "log-retention-days = True cannot be"),
        ('vpc = "vpc-1"', "needs subnets and security-groups"),
        ('vpc = {subnets = ["subnet-01234567"]}', "needs subnets and security-groups"),
        ('vpc = {subnets = [], security-groups = ["sg-01234567"]}', "subnets = [] cannot be"),
        ('vpc = {subnets = ["subnet-01234567"], security-groups = "sg-01234567"}', "'sg-01234567' cannot be"),
        ('questions-topic = "approvals"', "questions-topic = 'approvals' cannot be"),
        ('questions-topic = "arn:aws:sns:eu-central-1:123456789012:a.fifo"', "a standard SNS topic"),
        ('acount = "123456789012"', "has no setting 'acount'"),
        ("approval = 1", "approval = 1 cannot be"),
        ("approval-hours = 0", "approval-hours = 0 cannot be"),
        ("approval-hours = true", "approval-hours = True cannot be"),
        ('approvers = "arn:aws:iam::123456789012:user/ann"', "approvers = 'arn:aws:iam::123456789012:user/ann' cannot"),
    ],
)
def test_what_cannot_be_is_told_by_stage_and_setting(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.mlfn.stages.prod]\n{line}\n")

    with pytest.raises(DiscoveryError, match="stage 'prod'") as caught:
        read_stages(tmp_path)

    assert told in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("text", ['[tool.mlfn]\nstages = ["prod"]', '[tool.mlfn.stages]\nprod = "eu-central-1"'])
def test_stages_are_tables(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(DiscoveryError, match=r"tool\.mlfn\.stages is no table"):
        read_stages(tmp_path)


def test_a_stage_has_the_name_of_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mlfn.stages."Prod 1"]\n')

    with pytest.raises(DiscoveryError, match="no name for a stage"):
        read_stages(tmp_path)


def test_a_stage_says_who_approves_its_deploys(tmp_path: Path) -> None:
    manager = "arn:aws:iam::123456789012:role/managers"
    settings = f'approval = true\napprovers = ["{manager}"]\nself-approval = true\napproval-hours = 2'
    (tmp_path / "pyproject.toml").write_text(f"[tool.mlfn.stages.prod]\n{settings}\n")

    rules = read_stages(tmp_path)["prod"].approval

    assert rules == ApprovalRules(required=True, approvers=(manager,), own=True, hours=2)
