"""`mlfn dev`: the emulator, and a redeploy on every save."""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlfn.errors import MlfnError
from mlfn_cli.output import console, messages
from mlfn_cli.session import DEFAULT_PORT, Session, command_options

if TYPE_CHECKING:
    from watchfiles import Change

    from mlfn_engine.deployer import Deployer

SETTLE_MS = 50
"""How long a save must have been quiet before it is deployed."""
IGNORED = frozenset({".git", ".mlfn", ".venv", "__pycache__", "node_modules", ".mypy_cache", ".pytest_cache"})


@click.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Loopback port of the emulator.")
@command_options
def dev(session: Session, port: int) -> None:
    """Deploy to the emulator now and on every save, until interrupted."""
    from watchfiles import watch

    from mlfn_cli.commands.emulator import ensure_started
    from mlfn_deployers import deployer_for
    from mlfn_engine.projects.project import find_project

    running = ensure_started(session.state_dir, port)
    root = find_project(session.project).root
    console().print(f"Emulator at {running.endpoint}. Watching {root}; Ctrl-C ends.")
    deployer = deployer_for(session.target())
    redeploy(session, deployer, first=True)
    for _ in watch(root, watch_filter=is_source, debounce=200, step=SETTLE_MS, raise_interrupt=False):
        redeploy(session, deployer, first=False)
    console().print("Stopped. The emulator goes on; mlfn emulator stop ends it.")


def is_source(change: Change, path: str) -> bool:
    """Whether a changed file can change what is deployed."""
    return not IGNORED.intersection(Path(path).parts) and not path.endswith(("~", ".swp", ".pyc", ".tmp"))


def redeploy(session: Session, deployer: Deployer, *, first: bool) -> None:
    """Deploy once and say so; a mistake is explained, and the loop goes on."""
    from mlfn_cli.commands.deploy import endpoints
    from mlfn_cli.planned import planned
    from mlfn_cli.progress import reporter
    from mlfn_cli.project_errors import project_traceback

    started = time.monotonic()
    try:
        with reporter() as progress:
            found = planned(session, session.target(), deployer, progress)
            deployment, changed = found.carry_out(progress)
    except MlfnError as error:
        messages().print(f"[red bold]Error:[/] {error.message}\n[cyan bold]Hint:[/] {error.hint}", highlight=False)
        return
    except Exception as error:  # the user's module may raise anything while it is being edited; the loop goes on
        messages().print(project_traceback(error) or traceback.format_exc(), markup=False)
        return
    if first:
        console().print(endpoints(found.made.graph, deployment))
    elif changed:
        now = time.strftime("%H:%M:%S")
        console().print(f"[green]✓[/] {now} deployed {', '.join(changed)} in {time.monotonic() - started:.2f} s")
