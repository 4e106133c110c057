"""`mlfn dev`: the emulator, and a redeploy on every save."""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from mlfn.errors import MlfnError, UsageError
from mlfn_cli.output import console, messages, tell
from mlfn_cli.session import Session, command_options, port_option

if TYPE_CHECKING:
    from watchfiles import Change

    from mlfn_engine.deployer import Deployer

SETTLE_MS = 50
"""How long a save must have been quiet before it is deployed."""
IGNORED = frozenset({".git", ".mlfn", ".venv", "__pycache__", "node_modules", ".mypy_cache", ".pytest_cache"})
PASSING = ("~", ".swp", ".pyc", ".tmp", ".log")
"""How the names of files end that editors and programs write on the way."""


@click.command()
@port_option
@command_options
def dev(session: Session, port: int) -> None:
    """Deploy to the emulator now and on every save, until interrupted."""
    if session.target_name != "local":
        raise UsageError(
            f"mlfn dev deploys to the emulator, not to {session.target_name}.",
            hint="Leave --target and MLFN_TARGET away; elsewhere: mlfn deploy.",
        )
    from watchfiles import watch

    from mlfn_cli.local_emulator import ensure_started
    from mlfn_deployers import deployer_for
    from mlfn_engine.projects.project import find_project

    running = ensure_started(session.state_dir, port)
    root = find_project(session.project).root
    tell(f"Emulator at {running.endpoint}. Watching {root}; Ctrl-C ends.")
    loop = Loop(session=session, deployer=deployer_for(session.target()))
    saves = watch(
        root,
        watch_filter=Sources(root=root),
        debounce=200,
        step=SETTLE_MS,
        rust_timeout=SETTLE_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    next(saves, None)  # from here on no save is missed, not even one during the first deploy
    loop.redeploy()
    for saved in saves:
        if saved:
            loop.redeploy()
    console().print("Stopped. The emulator goes on; mlfn emulator stop ends it.")


@dataclass(slots=True, kw_only=True)
class Sources:
    """Which of a project's files can change what is deployed."""

    root: Path
    environments: dict[Path, bool] = field(default_factory=dict)
    """Of directories that were looked at: whether they are virtual environments."""

    def __call__(self, change: Change, path: str) -> bool:
        """Whether a changed file does; what installers, editors and our own output write does not."""
        file = Path(path)
        below = file.relative_to(self.root) if file.is_relative_to(self.root) else file
        if IGNORED.intersection(below.parts) or path.endswith(PASSING) or _is_our_output(path):
            return False
        return not any(self._is_environment(self.root / each) for each in below.parents)

    def _is_environment(self, folder: Path) -> bool:
        if folder == self.root:
            return False
        if folder not in self.environments:
            self.environments[folder] = (folder / "pyvenv.cfg").exists()
        return self.environments[folder]


def _is_our_output(path: str) -> bool:
    """Whether it is where this command prints to: `mlfn dev > out.txt` in the project must not set itself off."""
    try:
        found = Path(path).stat()
        return any(os.path.samestat(found, os.fstat(stream.fileno())) for stream in (sys.stdout, sys.stderr))
    except (OSError, ValueError):
        return False  # the file is gone, or nothing is printed to a file


@dataclass(slots=True, kw_only=True)
class Loop:
    """Deploys again and again, and remembers what it has told."""

    session: Session
    deployer: Deployer
    is_deployed: bool = False
    failure: str = ""
    """What the last attempt failed with."""

    def redeploy(self) -> None:
        """Deploy once and say so; a mistake is explained, and the loop goes on."""
        started = time.monotonic()
        try:
            told = self._deployed(started)
        except MlfnError as error:
            self._explain(f"Error: {error.message}\nHint: {error.hint}")
        except Exception as error:  # the user's module may raise anything while it is being edited; the loop goes on
            from mlfn_cli.project_errors import project_traceback

            self._explain(project_traceback(error) or traceback.format_exc())
        else:
            self.failure, self.is_deployed = "", True
            if told is not None:
                console().print(told)

    def _deployed(self, started: float) -> object:
        """What to print: the first time where everything is, then what has changed."""
        from mlfn_cli.deploying.planned import planned
        from mlfn_cli.progress import reporter
        from mlfn_cli.views.deployment import endpoints

        with reporter() as progress:
            found = planned(self.session, self.session.target(), self.deployer, progress)
            deployment, changed = found.carry_out(progress)
        if not self.is_deployed:
            return endpoints(found.made.graph, deployment, console().width)
        took = f"{time.monotonic() - started:.2f} s"
        return f"[green]✓[/] {_now()} deployed {', '.join(changed)} in {took}" if changed else None

    def _explain(self, text: str) -> None:
        """The whole story once, as long as it stays the same."""
        told = f"{_now()} saved, and still: {_gist(text)}" if text == self.failure else text
        messages().print(_coloured(told))
        self.failure = text


def _gist(text: str) -> str:
    """The line of a mistake that says what it is."""
    lines = [line for line in text.splitlines() if line and not line.startswith("Hint:")]
    return lines[-1] if lines else text


def _coloured(text: str) -> Text:
    """A mistake as it is: it may hold the user's code, whose brackets are no markup."""
    told = Text(text)
    told.highlight_regex(r"(?m)^Error:", "red bold")
    told.highlight_regex(r"(?m)^Hint:", "cyan bold")
    return told


def _now() -> str:
    return time.strftime("%H:%M:%S")
