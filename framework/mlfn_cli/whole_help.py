"""Groups of commands whose help leaves no sentence unfinished."""

from __future__ import annotations

import click

LINE = 300
"""Characters of a command's first sentence: all of them, on as many lines as it takes."""


class WholeHelpGroup(click.Group):
    """Lists its commands with the whole of their first sentences."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command that is not hidden, and what it does."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        shown = [(name, each.get_short_help_str(LINE)) for name, each in found if each and not each.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(shown)
