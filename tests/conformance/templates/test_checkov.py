"""checkov, where it is installed: its pins conflict with ours, so it lives in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHECKOV = os.environ.get("MLFN_CHECKOV") or shutil.which("checkov")


@pytest.mark.skipif(CHECKOV is None, reason="checkov is not installed; name it in MLFN_CHECKOV")
def test_checkov_finds_nothing_beyond_the_listed_skips() -> None:
    command = [
        str(CHECKOV), "--config-file", "templates/checkov.yaml", "--directory", "tests/golden/templates",
        "--output", "json",
    ]  # fmt: skip

    # Relative paths: checkov takes an absolute one of 40 characters for a secret key.
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    reports = json.loads(answer.stdout)
    failed = [report["summary"]["failed"] for report in (reports if isinstance(reports, list) else [reports])]
    assert sum(failed) == 0, answer.stdout[:4000]
