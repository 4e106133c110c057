"""`mlfn ci`: the file that has GitHub or GitLab check and deploy the project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json, tell
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.projects.stages import StageSettings


@click.command()
@click.argument("kind", type=click.Choice(["github", "gitlab"]))
@click.option("--only", multiple=True, metavar="STAGE", help="Deploy these stages (default: all that name a role).")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@json_option
@command_options
def ci(session: Session, kind: str, only: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Write a pipeline file that checks changes and deploys the main branch, stage by stage, without stored keys."""
    from mlfn_engine.projects.project import find_project
    from mlfn_templates.ci import PATHS, render_ci, trust_policy

    stages = _stages(session.project, only)
    path = find_project(session.project).root / PATHS[kind]
    text = render_ci(kind, stages)
    if path.exists() and not force and path.read_text(encoding="utf-8") != text:
        raise UsageError(f"{path} is there already.", hint="Look at it, then replace it with --force.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    trust = {name: trust_policy(kind, name, _account(stage)) for name, stage in stages.items()}
    if as_json:
        print_json({"file": path, "stages": list(stages), "trust": trust})
        return
    out = console()
    tell(f"{path} checks every change, and deploys {' → '.join(stages)}.", done=True)
    for name, policy in trust.items():
        out.print(f"{stages[name].role} must trust it (put in your repository's name):")
        out.print(json.dumps(policy, indent=2), markup=False)


def _stages(project: Path, only: tuple[str, ...]) -> dict[str, StageSettings]:
    """The stages to deploy, in the order of pyproject.toml.

    Raises:
        UsageError: there are none, or not those that are asked for.
    """
    from mlfn_engine.projects.stages import read_stages

    known = read_stages(project)
    if missing := [name for name in only if name not in known]:
        raise UsageError(
            f"The project has no stage {missing[0]!r}.",
            hint=f"Write [tool.mlfn.stages.{missing[0]}] in pyproject.toml.",
        )
    chosen = {name: stage for name, stage in known.items() if (name in only if only else stage.role)}
    if not chosen:
        raise UsageError(
            "No stage of the project names a role to deploy with.",
            hint='Write [tool.mlfn.stages.prod] with role = "arn:…" and region = "…" in pyproject.toml.',
        )
    return chosen


def _account(stage: StageSettings) -> str:
    return stage.account or str(stage.role).split(":")[4]
