"""The files that `mlfn ci` writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from mlfn.errors import RenderError, UsageError
from mlfn_cli.main import cli
from mlfn_engine.projects.stages import StageSettings
from mlfn_templates.ci import PATHS, render_ci

if TYPE_CHECKING:
    from pathlib import Path

STAGES = """
[tool.mlfn.stages.test]
region = "eu-central-1"
role = "arn:aws:iam::111111111111:role/mlfn-deploy"
[tool.mlfn.stages.prod]
region = "eu-west-1"
role = "arn:aws:iam::222222222222:role/mlfn-deploy"
[tool.mlfn.stages.dev]
"""


def written(project: Path, kind: str, *options: str) -> tuple[dict[Any, Any], dict[str, Any]]:
    """The file as YAML, and what the command tells."""
    (project / "pyproject.toml").write_text(STAGES)
    told = CliRunner().invoke(cli, ["-C", str(project), "ci", kind, "--json", *options], catch_exceptions=False)
    return yaml.safe_load((project / PATHS[kind]).read_text()), json.loads(told.output)


def test_github_checks_and_then_deploys_stage_by_stage(tmp_path: Path) -> None:
    file, told = written(tmp_path, "github")

    jobs = file["jobs"]
    assert list(jobs) == ["check", "deploy-test", "deploy-prod"]
    assert [jobs[name]["needs"] for name in ("deploy-test", "deploy-prod")] == ["check", "deploy-test"]
    assert told["stages"] == ["test", "prod"]


def test_github_deploys_exactly_the_plan_it_showed_with_a_token_of_that_job(tmp_path: Path) -> None:
    file, _ = written(tmp_path, "github")

    job = file["jobs"]["deploy-prod"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[-2:] == ["mlfn plan --target aws --stage prod --output plan.json", "mlfn deploy plan.json"]
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["environment"] == "prod"
    assert "main" in job["if"]
    assert file["permissions"] == {"contents": "read"}


def test_gitlab_exchanges_its_token_for_the_stages_role(tmp_path: Path) -> None:
    file, _ = written(tmp_path, "gitlab")

    job = file["deploy-prod"]
    assert file["stages"] == ["check", "deploy-test", "deploy-prod"]
    assert job["variables"]["AWS_ROLE_ARN"] == "arn:aws:iam::222222222222:role/mlfn-deploy"
    assert job["id_tokens"]["MLFN_AWS_TOKEN"]["aud"] == "https://gitlab.com"
    assert job["script"][-1] == "mlfn deploy plan.json"


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_no_key_is_stored_and_the_role_trusts_one_repository(tmp_path: Path, kind: str) -> None:
    file, told = written(tmp_path, kind)

    statement = told["trust"]["prod"]["Statement"][0]
    assert "secrets." not in json.dumps(file)
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert "222222222222" in statement["Principal"]["Federated"]
    assert len(statement["Condition"]["StringEquals"]) == 2


def test_stages_can_be_chosen(tmp_path: Path) -> None:
    _, told = written(tmp_path, "github", "--only", "prod")

    assert told["stages"] == ["prod"]


def test_an_edited_file_is_not_replaced(tmp_path: Path) -> None:
    written(tmp_path, "github")
    (tmp_path / PATHS["github"]).write_text("name: mine\n")

    with pytest.raises(UsageError, match="is there already"):
        written(tmp_path, "github")
    assert written(tmp_path, "github", "--force")[0]["name"] == "mlfn"


def test_a_stage_without_region_is_told() -> None:
    with pytest.raises(RenderError, match="'prod' names no region"):
        render_ci("github", {"prod": StageSettings(role="arn:aws:iam::222222222222:role/x")})


def test_a_project_without_stages_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mlfn]\n")

    with pytest.raises(UsageError, match="No stage of the project names a role"):
        CliRunner().invoke(cli, ["-C", str(tmp_path), "ci", "github"], catch_exceptions=False)
