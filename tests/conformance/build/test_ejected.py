"""An app that left mlfn: its own script, the AWS CLI and a container engine deploy it, and it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.clients.conftest import tool as fetched
from tests.conformance.fetch import AWS
from tests.fixtures.project import Project, free_port

MOOD = """
from mlfn import model

@model(memory_mb=128, timeout_s=5)
def mood(text: str) -> str:
    return "happy" if "!" in text else "calm"
"""


@pytest.fixture
def ejected(tmp_path: Path) -> Iterator[tuple[Project, dict[str, str]]]:
    """A project with a running emulator, ejected, and variables that lead there."""
    project = Project(root=tmp_path / "moods", port=free_port())
    project.write("pyproject.toml", '[tool.mlfn]\napp = "moods"\nmodules = ["mood"]\n')
    project.write("mood.py", MOOD)
    project.ok("eject", "--target", "local", "--output", str(tmp_path / "ejected"))
    project.start_emulator()
    programs = tmp_path / "bin"
    programs.mkdir()
    here = Path(__file__).parent
    for name, python, source in (
        ("aws", fetched(AWS, "awscli").with_name("python"), "impatient_aws.py"),
        ("docker", Path(sys.executable), "fake_docker.py"),
    ):
        (programs / name).write_text(f"#!{python}\n{(here / source).read_text()}")
        (programs / name).chmod(0o755)
    keys = json.loads((project.root / ".mlfn" / "emulator" / "credentials.json").read_text())
    yield (
        project,
        project.environment()
        | {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": keys["endpoint"],
            "AWS_DEFAULT_REGION": keys["region"],
            "AWS_ACCESS_KEY_ID": keys["access_key"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_key"],
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_PAGER": "",
            "LOCK": "LockMode=GOVERNANCE LockDays=1",
        },
    )
    project.mlfn("emulator", "stop")


def deployed(directory: Path, environment: dict[str, str]) -> str:
    """What the script prints last: the API's URL."""
    done = subprocess.run([directory / "deploy.sh"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()[-1]


def called(project: Project, text: str) -> tuple[Any, str]:
    """The answer of the alias `live`, and the Lambda version that gave it."""
    answer = project.client("lambda").invoke(
        FunctionName="moods-dev-mood", Qualifier="live", Payload=json.dumps(text).encode()
    )
    return json.loads(answer["Payload"].read()), answer["ExecutedVersion"]


@pytest.mark.timeout(300)
def test_an_ejected_app_is_deployed_by_its_script_alone_and_again_after_a_change(
    ejected: tuple[Project, dict[str, str]], tmp_path: Path
) -> None:
    project, environment = ejected

    url = deployed(tmp_path / "ejected", environment)

    assert "/_aws/execute-api/" in url
    assert called(project, "well!") == ("happy", "1")
    records = project.client("dynamodb").scan(TableName="mlfn-audit-dev")["Items"]
    assert any(item["pk"]["S"].startswith("A#moods.mood#") and "hk" in item for item in records)
    code = tmp_path / "ejected" / "images" / "mood" / "code" / "var" / "task" / "mood.py"
    code.write_text(code.read_text().replace("happy", "glad"))
    deployed(tmp_path / "ejected", environment)
    assert called(project, "well!") == ("glad", "2")
