"""The `mlfn` command: a table of commands, each imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlfn.errors import MlfnError, UsageError
from mlfn_cli.session import Session
from mlfn_cli.whole_help import WholeHelpGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

MEANT = {
    "call": "invoke",
    "create": "init",
    "delete": "destroy",
    "describe": "status",
    "diff": "plan",
    "list": "status",
    "local": "dev",
    "ls": "status",
    "new": "init",
    "package": "build",
    "ps": "status",
    "remove": "destroy",
    "rm": "destroy",
    "serve": "dev",
    "start": "dev",
    "sync": "dev",
    "tail": "logs",
    "up": "deploy",
    "validate": "check",
    "watch": "dev",
}
"""What other tools call our commands."""
COMMANDS = {
    "access": "mlfn_cli.commands.access:access",
    "approvals": "mlfn_cli.commands.approvals:approvals",
    "approve": "mlfn_cli.commands.approvals:approve",
    "approve-plan": "mlfn_cli.commands.plans:approve_plan",
    "attest": "mlfn_cli.commands.attest:attest",
    "audit": "mlfn_cli.commands.audit:audit",
    "base": "mlfn_cli.commands.base:base",
    "batch": "mlfn_cli.commands.batch:batch",
    "build": "mlfn_cli.commands.build:build",
    "check": "mlfn_cli.commands.check:check",
    "ci": "mlfn_cli.commands.ci:ci",
    "completion": "mlfn_cli.commands.completion:completion",
    "deploy": "mlfn_cli.commands.deploy:deploy",
    "destroy": "mlfn_cli.commands.destroy:destroy",
    "dev": "mlfn_cli.commands.dev:dev",
    "doctor": "mlfn_cli.commands.doctor:doctor",
    "drift-stack": "mlfn_cli.commands.drift_stack:drift_stack",
    "eject": "mlfn_cli.commands.eject:eject",
    "emulator": "mlfn_cli.commands.emulator:emulator",
    "graph": "mlfn_cli.commands.graph:graph",
    "init": "mlfn_cli.commands.init:init",
    "invoke": "mlfn_cli.commands.invoke:invoke",
    "lock": "mlfn_cli.commands.lock:lock",
    "logs": "mlfn_cli.commands.logs:logs",
    "openapi": "mlfn_cli.commands.openapi:openapi",
    "plan": "mlfn_cli.commands.plan:plan",
    "plans": "mlfn_cli.commands.plans:plans",
    "promote": "mlfn_cli.commands.promote:promote",
    "prune": "mlfn_cli.commands.prune:prune",
    "reject": "mlfn_cli.commands.approvals:reject",
    "reject-plan": "mlfn_cli.commands.plans:reject_plan",
    "render": "mlfn_cli.commands.render:render",
    "rollback": "mlfn_cli.commands.rollback:rollback",
    "run": "mlfn_cli.commands.run:run",
    "run-image": "mlfn_cli.commands.run_image:run_image",
    "secret": "mlfn_cli.commands.secret:secret",
    "shadow": "mlfn_cli.commands.shadow:shadow",
    "status": "mlfn_cli.commands.status:status",
    "upload": "mlfn_cli.commands.upload:upload",
    "versions": "mlfn_cli.commands.versions:versions",
}


class LazyGroup(WholeHelpGroup):
    """Knows its commands by name and imports the one that is called."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named, or the one that was probably meant, in the mistake."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            close = [MEANT[name]] if name in MEANT else get_close_matches(name, COMMANDS, n=1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {name!r}.{meant}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlfn")
@click.option("--stage", default="dev", show_default=True, envvar="MLFN_STAGE", help="Which copy of the app.")
@click.option(
    "--target",
    default="local",
    show_default=True,
    envvar="MLFN_TARGET",
    help="Where: local, aws, localstack or knative.",
)
@click.option(
    "-C",
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Work as if started in this directory.",
)
@click.pass_context
def cli(ctx: click.Context, stage: str, target: str, project: Path) -> None:
    """Turn a typed predict function into a governed serverless endpoint."""
    ctx.obj = Session(stage=stage, target_name=target, project=project.resolve())


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; mistakes end in one sentence and a hint (exit 1, or 2 for usage), never in a traceback."""
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """The exit code of one command line."""
    try:
        outcome: Any = cli.main(args=argv, prog_name="mlfn", standalone_mode=False)
    except MlfnError as error:
        return _explain(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        return _explain_foreign(error)
    return outcome if isinstance(outcome, int) else 0


def _explain_foreign(error: Exception) -> int:
    from mlfn_cli.file_errors import file_error

    if _show_project_traceback(error):
        return 1
    told = file_error(error)
    if told is None:
        raise error
    return _explain(told)


def _show_project_traceback(error: Exception) -> bool:
    """Whether the project's own code raised; a bug of ours keeps its whole traceback."""
    from mlfn_cli.project_errors import project_traceback

    text = project_traceback(error)
    if text:
        click.echo(text, err=True, nl=False)
    return text is not None


def _explain(error: MlfnError) -> int:
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {error.message}", err=True)
    click.echo(f"{click.style('Hint:', fg='cyan', bold=True)} {error.hint}", err=True)
    return 2 if isinstance(error, UsageError) else 1
