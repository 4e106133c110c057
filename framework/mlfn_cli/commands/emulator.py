"""`mlfn emulator`: the embedded AWS, started, stopped and asked for its keys."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from mlfn_cli.local_emulator import ensure_started
from mlfn_cli.output import ask, console, json_option, print_json, tell
from mlfn_cli.session import Session, command_options, local_target, port_option
from mlfn_cli.whole_help import WholeHelpGroup

if TYPE_CHECKING:
    from mlfn_engine.values import Target

RUNNER_HELP = "What isolates functions; process: nothing does. Images on a base want bwrap, podman or docker."
RUNNERS = ("auto", "process", "bwrap", "podman", "docker", "zygote")


@click.group(cls=WholeHelpGroup)
def emulator() -> None:
    """Start, stop and inspect the embedded emulator."""


@emulator.command()
@port_option
@click.option("--runner", type=click.Choice(RUNNERS), help=RUNNER_HELP)
@json_option
@command_options
def start(session: Session, port: int, runner: str | None, as_json: bool) -> None:
    """Start the emulator, or say that it runs."""
    running = ensure_started(session.state_dir, port, runner)
    if as_json:
        print_json(running)
    else:
        tell(f"Emulator at {running.endpoint} (pid {running.pid}), state in {session.state_dir}.", done=True)
        if runner == "auto":
            console().print("mlfn emulator status says which runner was found to work.")
        elif runner:  # it would not have started with another
            console().print(f"Functions run under the {runner} runner.")


@emulator.command()
@json_option
@command_options
def stop(session: Session, as_json: bool) -> None:
    """Stop the emulator; its state stays."""
    from mlfn_localstack import process

    stopped = process.stop(session.state_dir)
    if as_json:
        print_json({"stopped": stopped})
    else:
        console().print("Emulator stopped." if stopped else "The emulator was not running.")


@emulator.command()
@json_option
@command_options
def status(session: Session, as_json: bool) -> None:
    """Say whether the emulator runs, and where."""
    from mlfn_localstack import process

    running = process.status(session.state_dir)
    runner = running and process.runner_of(running)
    if as_json:
        print_json({"running": running is not None, "emulator": running, "lambda": runner})
    elif running is None:
        console().print("The emulator is not running.")
    else:
        tell(f"Emulator at {running.endpoint} (pid {running.pid}), state in {session.state_dir}.")
        if runner:
            console().print(f"Functions run under the {runner['runner']} runner; isolation: {runner['isolation']}.")


@emulator.command()
@json_option
@command_options
def env(session: Session, as_json: bool) -> None:
    """Print what the AWS CLI and SDKs need: eval "$(mlfn emulator env)"."""
    variables = environment(local_target(session.state_dir))
    if as_json:
        print_json(variables)
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    click.echo("unset AWS_PROFILE AWS_SESSION_TOKEN")
    click.echo("# StartSyncExecution: other SDKs put 'sync-' before the host. JavaScript: disableHostPrefix: true.")


@emulator.command()
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@command_options
def reset(session: Session, yes: bool, as_json: bool) -> None:
    """Delete the emulator's state: functions, tables, audit records; the key pair stays."""
    from mlfn_localstack import process

    if not yes:
        ask(f"Delete everything in {session.state_dir}?")
    restarted = process.reset(session.state_dir)
    if as_json:
        print_json({"reset": session.state_dir, "running": restarted})
    else:
        console().print(f"State deleted; the emulator is {'empty and runs' if restarted else 'not running'}.")


def environment(target: Target) -> dict[str, str]:
    """The environment variables under which AWS's own clients talk to a target with an endpoint."""
    return {
        "AWS_ENDPOINT_URL": target.endpoint_url or "",
        "AWS_ACCESS_KEY_ID": target.access_key or "",
        "AWS_SECRET_ACCESS_KEY": target.secret_key or "",
        "AWS_REGION": target.region,
        "AWS_DEFAULT_REGION": target.region,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
