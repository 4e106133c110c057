"""The app's name for commands that must work while its code does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.discover import discover
from mlfn_engine.projects.project import find_project

if TYPE_CHECKING:
    from mlfn_cli.session import Session


def app_name(session: Session) -> str:
    """What pyproject.toml calls the app; else what its code does; its directory's name, should that not import."""
    project = find_project(session.project)
    if project.named:
        return project.name
    try:
        return discover(session.project, None).name
    except Exception:  # whatever the user's module raises: its last deploy may be what is to be rolled back
        return project.name
