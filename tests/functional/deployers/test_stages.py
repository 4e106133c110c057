"""Stages against accounts and roles: the emulator in the place of AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import UsageError
from mlfn_cli.session import Session
from mlfn_deployers.aws.api.assuming import is_session_of
from mlfn_deployers.aws.api.clients import Clients

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.emulator import LiveEmulator

ACCOUNT = "000000000000"


@pytest.fixture
def signed_in(emulator: LiveEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of the emulator's account in the environment, as somebody has who signed in to AWS."""
    keys = emulator.credentials
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def session(root: Path, stages: str, stage: str = "prod") -> Session:
    """A command's session in a project that names these stages."""
    (root / "pyproject.toml").write_text(f"[tool.mlfn]\n{stages}")
    return Session(stage=stage, target_name="aws", project=root)


@pytest.mark.usefixtures("signed_in")
def test_a_stage_is_deployed_to_its_account_and_region(tmp_path: Path) -> None:
    settings = f'[tool.mlfn.stages.prod]\naccount = "{ACCOUNT}"\nregion = "us-east-1"\n'

    target = session(tmp_path, settings).target()

    assert (target.account_id, target.region) == (ACCOUNT, "us-east-1")


@pytest.mark.usefixtures("signed_in")
def test_another_account_is_refused(tmp_path: Path) -> None:
    settings = '[tool.mlfn.stages.prod]\naccount = "123456789012"\nregion = "us-east-1"\n'

    with pytest.raises(UsageError, match=f"belongs to account 123456789012, and these credentials to {ACCOUNT}"):
        session(tmp_path, settings).target()


@pytest.mark.usefixtures("signed_in")
def test_a_stage_that_is_not_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no stage 'prdo': it names dev, prod"):
        session(tmp_path, "[tool.mlfn.stages.prod]\n[tool.mlfn.stages.dev]\n", stage="prdo").target()


@pytest.mark.usefixtures("signed_in")
def test_a_project_without_stages_goes_where_the_environment_says(tmp_path: Path) -> None:
    target = session(tmp_path, "").target()

    assert (target.region, target.account_id, target.role) == ("us-west-2", None, None)


@pytest.mark.usefixtures("signed_in")
def test_a_stages_role_is_taken_on(tmp_path: Path, emulator: LiveEmulator) -> None:
    role = _role(emulator, "stage-deployer")
    settings = f'[tool.mlfn.stages.prod]\nrole = "{role}"\nregion = "us-east-1"\n'

    clients = Clients(session(tmp_path, settings).target())

    assert is_session_of(role, clients.sts.get_caller_identity()["Arn"])
    assert clients.records.list_tables()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.usefixtures("signed_in")
def test_who_has_the_role_already_does_not_take_it_on_again(
    tmp_path: Path, emulator: LiveEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = _role(emulator, "ci-deployer")
    keys = emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="pipeline")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    settings = f'[tool.mlfn.stages.prod]\nrole = "{role}"\nregion = "us-east-1"\n'

    clients = Clients(session(tmp_path, settings).target())

    assert clients.sts.get_caller_identity()["Arn"].endswith("/pipeline")


def _role(emulator: LiveEmulator, name: str) -> str:
    """A role that the account may take on, and that may look at tables."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    iam = emulator.client("iam")
    made = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    allowed = {"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=name, PolicyName="look", PolicyDocument=policy)
    return str(made["Role"]["Arn"])
