"""What the documents name is there: commands with their options, files, modules, and pages they link to."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from mlfn_cli.main import cli

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / ".github/CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = ("framework", "templates", "deployers", "localstack", "tests", "bench", "examples", "docs")
CODE = re.compile(r"```\w*\n(?P<fenced>.*?)```|``?(?P<inline>[^`]+)``?|^ {4,}(?P<indented>\S[^\n]*)$", re.M | re.S)
COMMAND = re.compile(r"(?:^|[$(] ?|&& |\| |; )mlfn(?= )([^`#\n|&;)]*)", re.M)
FILE = re.compile(r"(?<![\w/.:<>*{}-])[a-z_]+/[\w./-]+\.(?:py|md|toml|yaml|sh)\b")
MODULE = re.compile(r"\bmlfn_[a-z]+(?:\.[a-z_]+)+\b")
TEXTS = frozenset({"data", "reads", "rendered"})
"""What follows `mlfn` where that is no command: what a key's id is made of, and what hints say of mlfn."""
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def code_in(text: str) -> Iterator[str]:
    for found in CODE.finditer(text):
        yield next(part for part in found.groups() if part is not None)


def words_of(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a part of a line, or a quotation mark that is an apostrophe
        return command.split()


def mistakes_in(words: list[str]) -> Iterator[str]:
    """Commands and options that there are not; what stands for a name (`MODEL`, `<id>`) is passed over."""
    at: click.Command = cli
    options = names_of(at)
    for word in words:
        if word.startswith("--"):
            if word.partition("=")[0].rstrip(",.:") not in options:
                yield word
        elif isinstance(at, click.Group) and (inner := at.get_command(click.Context(at), word)):
            at = inner
            options |= names_of(inner)
        elif isinstance(at, click.Group) and at.name != "audit" and re.fullmatch(r"[a-z][a-z-]+", word):
            yield word


def names_of(command: click.Command) -> set[str]:
    own = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}
    if command.name == "audit" and isinstance(command, click.Group):  # `mlfn audit` alone is `mlfn audit calls`
        return own | names_of(command.commands["calls"])
    return own


@page
def test_every_command_and_option_exists(path: Path) -> None:
    commands = [
        each[1].strip().partition("   ")[0] for code in code_in(path.read_text()) for each in COMMAND.finditer(code)
    ]

    wrong = {each: found for each in commands if (found := list(mistakes_in(words_of(each)))) and each not in TEXTS}

    assert wrong == {}


@pytest.mark.parametrize("folder", ["framework", "deployers"])
def test_every_command_that_a_hint_names_exists(folder: str) -> None:
    hints = [each for path in sorted((ROOT / folder).rglob("*.py")) for each in hints_in(path)]
    commands = [found for hint in hints for found in re.findall(r"\bmlfn ([^.,;()\n`]+)", hint)]

    assert commands
    assert {each for each in commands if words_of(each)[0] not in TEXTS and list(mistakes_in(words_of(each)))} == set()


def hints_in(path: Path) -> Iterator[str]:
    """The hints of errors, and the help of options; what is filled in stands as `X`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.keyword) and node.arg in {"hint", "help"}:
            parts = [each for each in ast.walk(node.value) if isinstance(each, ast.Constant | ast.FormattedValue)]
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "X" for each in parts)


@page
def test_every_file_exists(path: Path) -> None:
    named = {each[0] for code in code_in(path.read_text()) for each in FILE.finditer(code)}

    assert {name for name in named if not any(file.endswith(f"/{name}") for file in files())} == set()


@cache
def files() -> tuple[str, ...]:
    """Every file; documents begin a path where its first part says enough."""
    return tuple(str(each) for folder in SOURCES for each in (ROOT / folder).rglob("*.*"))


@page
def test_every_module_exists(path: Path) -> None:
    named = {each[0] for code in code_in(path.read_text()) for each in MODULE.finditer(code)}

    assert {name for name in named if not leads_somewhere(name)} == set()


def leads_somewhere(name: str) -> bool:
    """Whether a dotted name is a module's, or that of something in one."""
    module, _, rest = name.partition(".")
    found: object = importlib.import_module(module)
    for part in rest.split("."):
        module = f"{module}.{part}"
        try:
            found = getattr(found, part) if hasattr(found, part) else importlib.import_module(module)
        except ImportError:
            return False
    return True


@page
def test_every_link_leads_to_a_page(path: Path) -> None:
    targets = LINK.findall(path.read_text())

    assert [target for target in targets if not (path.parent / target).exists()] == []
