"""What a slip at the command line is answered with: a sentence and the next step, never a traceback or silence."""

from __future__ import annotations

import errno
import os
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from mlfn_cli.file_errors import file_error
from mlfn_cli.main import run
from mlfn_cli.session import not_deployed


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.mlfn]\napp = "slips"\n')
    (tmp_path / "app.py").write_text(
        "from mlfn import model\n\n\n@model\ndef mood(text: str) -> str:\n    return text\n"
    )
    return tmp_path


def mlfn(*arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return code, out.getvalue(), err.getvalue()


def test_a_command_that_was_mistyped_is_guessed() -> None:
    code, _, told = mlfn("deplyo")

    assert (code, "No such command 'deplyo'. Did you mean 'deploy'?" in told) == (2, True)


@pytest.mark.parametrize(("word", "command"), [("call", "invoke"), ("serve", "dev"), ("rm", "destroy")])
def test_a_command_of_other_tools_is_understood(word: str, command: str) -> None:
    code, _, told = mlfn(word)

    assert (code, f"Did you mean {command!r}?" in told) == (2, True)


@pytest.mark.parametrize("group", [(), ("audit",), ("emulator",), ("secret",), ("shadow",), ("base",)])
def test_the_help_leaves_no_sentence_unfinished(group: tuple[str, ...]) -> None:
    code, told, _ = mlfn(*group, "--help")

    assert (code, "..." in told.partition("Commands:")[2]) == (0, False)


def test_a_module_that_ends_the_program_is_named(folder: Path) -> None:
    (folder / "app.py").write_text("import sys\n\nsys.exit(3)\n")

    code, _, told = mlfn("-C", str(folder), "check")

    assert code == 1
    assert told.startswith("Error: Module 'app' ended the program while it was imported (exit code 3).\nHint: ")


def test_what_a_module_says_as_it_ends_the_program_is_told(folder: Path) -> None:
    (folder / "app.py").write_text('import sys\n\nsys.exit("no config")\n')

    _, _, told = mlfn("-C", str(folder), "check")

    assert told.startswith("Error: Module 'app' ended the program while it was imported (no config).\nHint: ")


def test_a_new_project_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    code, _, told = mlfn("init", str(tmp_path / "file" / "app"))

    assert (code, told.splitlines()[0]) == (2, f"Error: Cannot write {tmp_path}/file/app: Not a directory.")


def test_the_next_step_can_be_pasted_whatever_the_directory_is_called(tmp_path: Path) -> None:
    _, told, _ = mlfn("init", "--name", "mine", str(tmp_path / "my app"))

    assert told.splitlines()[-1] == f"Next: cd '{tmp_path}/my app' && mlfn dev"


def test_a_directory_is_named_as_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "shop [old] [" / "x]"
    folder.mkdir(parents=True)
    stage = '[tool.mlfn.stages.prod]\nregion = "eu-central-1"\nrole = "arn:aws:iam::123456789012:role/deploy"\n'
    (folder / "pyproject.toml").write_text(f'[tool.mlfn]\napp = "shop"\n{stage}')

    code, told, _ = mlfn("-C", str(folder), "ci", "gitlab")

    assert code == 0
    assert told.startswith(f"✓ {folder}/.gitlab-ci.yml checks every change, and deploys prod.\n")


def test_a_question_that_nobody_is_there_to_answer_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())

    code, _, told = mlfn("-C", str(folder), "emulator", "reset")

    assert code == 2
    assert told.endswith("Error: Nobody is there to answer, so nothing was done.\nHint: Say --yes.\n")


def test_a_path_that_the_file_system_refuses_is_told(folder: Path) -> None:
    (folder / ".mlfn").write_text("")

    code, _, told = mlfn("-C", str(folder), "emulator", "start")

    assert code == 1
    assert told.startswith(f"Error: {folder}/.mlfn/emulator/")
    assert told.endswith(": Not a directory.\nHint: A part of that path is a file.\n")


@pytest.mark.parametrize("refusal", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_every_refusal_has_a_next_step(refusal: int) -> None:
    told = file_error(OSError(refusal, os.strerror(refusal), "/data/x"))

    assert told is not None
    assert (told.message, bool(told.hint)) == (f"/data/x: {os.strerror(refusal)}.", True)


def test_a_file_that_we_lost_keeps_its_traceback() -> None:
    assert file_error(FileNotFoundError(errno.ENOENT, "No such file or directory", "/data/x")) is None


@pytest.mark.parametrize(
    ("stage", "target", "command"),
    [
        ("dev", "local", "mlfn deploy"),
        ("prod", "local", "mlfn deploy --stage prod"),
        ("prod", "aws", "mlfn deploy --stage prod --target aws"),
    ],
)
def test_what_is_not_deployed_is_told_with_the_command_for_that_place(stage: str, target: str, command: str) -> None:
    assert not_deployed("shop", stage, target).hint == f"Deploy it with: {command}"


def test_a_package_that_is_here_and_in_no_requirement_is_told(folder: Path) -> None:
    source = (folder / "app.py").read_text()
    (folder / "app.py").write_text(f"import json\n\nimport rich\n{source}")

    code, told, _ = mlfn("-C", str(folder), "check")

    assert code == 0
    assert told.endswith("\n! mood imports rich, and no requirement of it brings that: name rich in requirements=\n")


def test_no_save_is_deployed_to_an_account(folder: Path) -> None:
    code, _, told = mlfn("-C", str(folder), "--target", "aws", "dev")

    assert (code, told.splitlines()[0]) == (2, "Error: mlfn dev deploys to the emulator, not to aws.")


@pytest.mark.parametrize("command", [("emulator", "start"), ("dev",)])
def test_a_port_that_cannot_be_is_refused_before_anything_starts(folder: Path, command: tuple[str, ...]) -> None:
    code, _, told = mlfn("-C", str(folder), *command, "--port", "99999")

    assert (code, "Invalid value for '--port'" in told, (folder / ".mlfn").exists()) == (2, True, False)
