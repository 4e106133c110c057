"""checkov over every template of the golden tests; `python -m tests.conformance.fetch checkov` installs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.fetch import CHECKOV

ROOT = Path(__file__).parents[3]
SETTINGS = Path("templates/checkov.yaml")
TEMPLATES = Path("tests/golden/templates")

pytestmark = pytest.mark.xdist_group("checkov")


@pytest.fixture(scope="module")
def reports() -> list[dict[str, Any]]:
    """What checkov says of the templates, one report for each of its frameworks."""
    program = os.environ.get("MLFN_CHECKOV") or str(CHECKOV)
    if not Path(program).exists() and not os.environ.get("CI"):
        pytest.skip("checkov is not there: python -m tests.conformance.fetch checkov")
    options = ["--config-file", str(SETTINGS), "--directory", str(TEMPLATES), "--output", "json"]

    # Relative paths: checkov takes an absolute one of 40 characters for a secret key.
    answer = subprocess.run([program, *options], capture_output=True, text=True, check=False, cwd=ROOT)

    found = json.loads(answer.stdout)
    return found if isinstance(found, list) else [found]


def test_no_template_fails_a_check_that_is_not_skipped_by_name(reports: list[dict[str, Any]]) -> None:
    failed = [each for report in reports for each in report["results"]["failed_checks"]]

    assert [f"{each['check_id']} {each['file_path']} {each['resource']}" for each in failed] == []


def test_every_template_is_looked_at(reports: list[dict[str, Any]]) -> None:
    declared = sum(
        len(re.findall(r"^    Type: AWS::", path.read_text(), re.M)) for path in (ROOT / TEMPLATES).glob("*.yaml")
    )

    assert sum(report["summary"]["parsing_errors"] for report in reports) == 0
    assert sum(report["summary"]["resource_count"] for report in reports) == declared


def test_each_skip_has_its_reason() -> None:
    lines = (ROOT / SETTINGS).read_text().partition("skip-check:\n")[2].splitlines()

    assert [line for line in lines if not re.fullmatch(r"  - CKV2?_AWS_\d+\s+# .{20,}", line)] == []
