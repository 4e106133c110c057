"""`mlfn completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from mlfn.errors import UsageError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script: eval "$(mlfn completion bash)"."""
    root = ctx.find_root().command
    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"There is no completion for {shell}.", hint="Known: bash, zsh, fish.")
    click.echo(found(root, {}, "mlfn", "_MLFN_COMPLETE").source())
