"""The compiled state machines of the golden cases pass validators that know nothing of mlfn."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from statelint.config import Config
from statelint.linter import Linter
from tests.conformance.clients.conftest import tool
from tests.conformance.fetch import JS

from mlfn_localstack.services.stepfunctions.validation import validate

ASL_VALIDATOR = JS / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"
MISTAKEN = (
    "is true but should be a String",
    '%}" but should be an Integer',
    '%}" but should be numeric',
    'Field "InputType" not allowed in State Machine.States.Lines.ItemReader.ReaderConfig',
)
"""Of a condition that it has evaluated, of numbers that expressions give, and of what came after it: JSON Lines."""
CASES = sorted((Path(__file__).parents[2] / "golden" / "pipelines" / "accepted").glob("*.asl.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_statelint_has_nothing_to_say(case: Path) -> None:
    found = Linter.validate(case.read_text(encoding="utf-8"), Config(evaluate_jsonata=True))

    assert [each for each in found if not each.endswith(MISTAKEN)] == []


@pytest.mark.parametrize("express", [True, False], ids=["express", "standard"])
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_the_emulator_takes_it(case: Path, express: bool) -> None:
    found = validate(case.read_text(encoding="utf-8"), express=express)

    needs_standard = express and case.stem.startswith(("approval", "batch"))
    assert bool(found) == needs_standard, found


def test_asl_validator_takes_them_all() -> None:
    command = ["node", str(tool(ASL_VALIDATOR, "js"))]
    for case in CASES:
        command += ["--json-path", str(case)]

    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert finished.returncode == 0, finished.stdout
