"""The help of every command, in one voice: sentences, and the same short options everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mlfn_cli.main import cli

SHORT = {
    "-C": "--project",
    "-e": "--env",
    "-f": "--follow",
    "-h": "--help",
    "-m": "--comment",
    "-o": "--output",
    "-y": "--yes",
}


def commands(at: click.Command, path: str = "mlfn") -> Iterator[tuple[str, click.Command]]:
    yield path, at
    if isinstance(at, click.Group):
        context = click.Context(at)
        for name in at.list_commands(context):
            inner = at.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}")


COMMANDS = dict(commands(cli))
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and not option.hidden
]


def test_every_command_says_what_it_does_in_a_sentence() -> None:
    told = {name: (command.help or "").split("\n\n")[0] for name, command in COMMANDS.items()}

    assert {name: text for name, text in told.items() if not (text[:1].isupper() and text.endswith("."))} == {}


def test_every_option_says_what_it_is_for_in_a_sentence() -> None:
    told = {(name, option.opts[0]): option.help or "" for name, option in OPTIONS}

    assert {name: text for name, text in told.items() if not (text[:1].isupper() and text.endswith("."))} == {}


def test_a_short_option_means_the_same_everywhere() -> None:
    meant = {(name, short, option.opts[0]) for name, option in OPTIONS for short in option.opts if short[1] != "-"}

    assert {(name, short, long) for name, short, long in meant if SHORT[short] != long and short != long} == set()


def test_a_file_to_write_may_be_named_as_it_was() -> None:
    """Scripts that were written for the first names of `--output` go on."""
    first = {"mlfn audit export": "--to", "mlfn batch": "--out", "mlfn invoke": "--save", "mlfn plan": "--out"}

    named = {(name, other) for name, option in OPTIONS if option.opts[0] == "--output" for other in option.opts[2:]}

    assert named == set(first.items())
