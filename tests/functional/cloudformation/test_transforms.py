"""Where the translator of AWS SAM's templates is found."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.cloudformation.conftest import Stacks

TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Fn": {"Type": "AWS::Serverless::Function"}}}
EXPANDED = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}}


@pytest.fixture(autouse=True)
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose programs are all in one directory, and an emulator without a translator of its own."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def reviewed(stacks: Stacks) -> dict[str, Any]:
    """A change set of the template."""

    async def run() -> dict[str, Any]:
        params = {"StackName": "demo", "ChangeSetName": "first", "ChangeSetType": "CREATE"}
        await stacks("CreateChangeSet", TemplateBody=TEMPLATE, **params)
        return await stacks("DescribeChangeSet", StackName="demo", ChangeSetName="first")

    return asyncio.run(run())


def test_without_a_translator_the_change_set_says_how_to_get_one(stacks: Stacks) -> None:
    change_set = reviewed(stacks)

    assert change_set["Status"] == "FAILED"
    assert "aws-sam-translator, which it does not find: install it" in change_set["StatusReason"]


def test_the_python_of_the_sam_program_is_asked(stacks: Stacks, tmp_path: Path) -> None:
    program(tmp_path / "sam", f"#!{tmp_path}/python3\n")
    program(tmp_path / "python3", f"#!/bin/sh\necho '{json.dumps({'template': EXPANDED})}'\n")

    change_set = reviewed(stacks)

    assert [one["ResourceChange"]["LogicalResourceId"] for one in change_set["Changes"]] == ["Group"]


def test_a_sam_that_is_no_python_program_is_not_asked(stacks: Stacks, tmp_path: Path) -> None:
    program(tmp_path / "sam", "#!/bin/sh\nexit 1\n")

    assert "which it does not find" in reviewed(stacks)["StatusReason"]


def test_a_translator_that_breaks_is_told_with_its_last_words(stacks: Stacks, tmp_path: Path) -> None:
    program(tmp_path / "sam", f"#!{tmp_path}/python3\n")
    program(tmp_path / "python3", "#!/bin/sh\necho 'ModuleNotFoundError: samtranslator' >&2\nexit 1\n")

    assert reviewed(stacks)["StatusReason"] == "aws-sam-translator failed: ModuleNotFoundError: samtranslator"
