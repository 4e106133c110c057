"""Commands that take a call's input as an argument, which may be a number below zero."""

from __future__ import annotations

import re

import click

_NEGATIVE = re.compile(r"-\d[\d.eE+-]*")


class PayloadCommand(click.Command):
    """Takes `-1.5` for the input, where click alone would look for an option of that name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, numbers below zero behind everything else."""
        numbers = [each for each in args if _NEGATIVE.fullmatch(each)]
        if numbers and "--" not in args:
            args = [*(each for each in args if each not in numbers), "--", *numbers]
        return super().parse_args(ctx, args)
