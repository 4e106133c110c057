"""Every mistake a user can make is one sentence and a hint, exit 1 (usage 2)."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fixtures.project import Outcome, Project

from mlfn.errors import UsageError
from mlfn_cli.session import aws_target

Golden = Callable[[str, Outcome], None]

MODELS = """
from dataclasses import dataclass
from mlfn import model, pipeline

@dataclass
class Text:
    words: list[str]

@model
def read(page: str) -> Text:
    return Text(words=page.split())

@model
def count(number: int) -> int:
    return number
"""

CASES = {
    "untyped_model": "from mlfn import model\n\n@model\ndef price(order):\n    return 1\n",
    "undeclared_model": MODELS + "\ndef shout(text: Text) -> str:\n    return ''\n"
    "\n@pipeline\ndef judge(page: str) -> str:\n    return shout(read(page))\n",
    "type_mismatch": MODELS
    + "\n@pipeline\ndef judge(page: str) -> int:\n    text = read(page)\n    return count(text)\n",
    "several_mistakes": "from mlfn import model\n\n@model(memory_mb=64)\ndef a(x) -> int:\n    return 1\n\n"
    "@model(timeout_s=1000, requirements='none.txt')\ndef b(x: int):\n    return x\n",
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_declaration_is_explained(project: Project, golden: Golden, name: str) -> None:
    project.write("app.py", CASES[name])

    golden(name, project.mlfn("render"))


def test_no_app_is_explained(project: Project, golden: Golden) -> None:
    golden("no_app", project.mlfn("render"))


def test_an_empty_app_is_explained(project: Project, golden: Golden) -> None:
    project.write("app.py", "x = 1\n")

    golden("empty_app", project.mlfn("render"))


def test_an_import_error_in_the_users_module_is_shown_whole(project: Project) -> None:
    project.write("app.py", "import numbers\nimport no_such_library\n")

    outcome = project.mlfn("render")

    assert outcome.code == 1
    assert re.search(r"app\.py\", line 2, in <module>\n\s+import no_such_library", outcome.err)
    *_, mistake, hint = outcome.err.splitlines()
    assert mistake == "ModuleNotFoundError: No module named 'no_such_library'"
    assert hint.startswith(f"Hint: mlfn imports the project with {sys.executable}, which has no no_such_library.")


@pytest.mark.parametrize(
    ("line", "end"),
    [
        pytest.param("import no_such_library", "No module named 'no_such_library'", id="import"),
        pytest.param("def broken(", "'(' was never closed", id="syntax"),
        pytest.param("1 / 0", "ZeroDivisionError: division by zero", id="run"),
    ],
)
def test_what_the_users_module_raises_is_shown_without_frames_of_ours(project: Project, line: str, end: str) -> None:
    project.write("shapes.py", f"{line}\n")
    project.write("app.py", "import shapes\n")

    outcome = project.mlfn("render")

    assert outcome.code == 1
    assert 'shapes.py", line 1' in outcome.err
    assert [each for each in outcome.err.splitlines() if not each.startswith("Hint:")][-1].endswith(end)
    assert "mlfn_" not in outcome.err
    assert "importlib" not in outcome.err


def test_a_path_that_cannot_be_written_is_explained(project: Project) -> None:
    project.write("app.py", MODELS)

    outcome = project.mlfn("render", "--output", "missing/template.yaml")

    assert outcome.code == 2
    assert outcome.err.startswith("Error: Cannot write missing/template.yaml: No such file or directory.\nHint: ")


def test_an_unknown_aws_profile_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(UsageError, match="There is no AWS profile 'nobody'"):
        aws_target()


def test_a_name_that_lambda_would_refuse_is_explained(project: Project, golden: Golden) -> None:
    long = "predict_" + "x" * 60
    project.write("app.py", f"from mlfn import model\n\n@model\ndef {long}(x: int) -> int:\n    return x\n")

    golden("long_name", project.mlfn("render"))


def test_a_taken_port_is_explained(project: Project, golden: Golden) -> None:
    with socket.create_server(("127.0.0.1", project.port)):
        golden("port_taken", project.mlfn("emulator", "start", "--port", str(project.port)))


def test_a_stopped_emulator_is_explained(project: Project, golden: Golden) -> None:
    project.write("app.py", MODELS)

    golden("emulator_not_running", project.mlfn("deploy"))


def test_a_requirement_without_a_wheel_for_the_target_is_explained(project: Project, golden: Golden) -> None:
    project.write("app.py", MODELS.replace("@model\ndef count", '@model(requirements=["pywin32==308"])\ndef count'))

    golden("no_wheel", project.mlfn("check"))


def test_a_dangerous_template_is_explained(project: Project, golden: Golden) -> None:
    body = (Path(__file__).parents[1] / "templates" / "one_model.yaml").read_text()
    project.write("edited.yaml", body.replace('AuthorizationType: "AWS_IAM"', "AuthorizationType: NONE"))

    golden("dangerous_template", project.mlfn("check", "--template", "edited.yaml"))


def test_what_is_no_template_is_explained(project: Project, golden: Golden) -> None:
    project.write("edited.yaml", "Resources: [")

    golden("no_template", project.mlfn("check", "--template", "edited.yaml"))


def test_an_unknown_target_is_a_usage_error(project: Project, golden: Golden) -> None:
    project.write("app.py", MODELS)

    golden("unknown_target", project.mlfn("deploy", "--target", "mars"))


def test_a_payload_that_is_no_json_is_a_usage_error(project: Project, golden: Golden) -> None:
    project.write("app.py", MODELS)

    golden("no_json", project.mlfn("invoke", "read", "{text"))


def test_an_input_that_fails_the_contract_is_explained(project: Project, golden: Golden) -> None:
    project.write("app.py", MODELS)
    project.start_emulator()
    project.ok("deploy")

    golden("contract", project.mlfn("invoke", "count", '"three"'))
