"""A whole app, written out for those who go on without mlfn."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_cli.session import Session
    from mlfn_engine.ejecting import Ejected
    from mlfn_engine.planning.blueprint import Blueprint

MARK = "deploy.sh"
PLATFORM = "mlfn-platform"
"""No model can be called so."""


def eject_app(session: Session, directory: Path) -> tuple[Ejected, ...]:
    """Write templates, build contexts, a script and a README; what an earlier eject wrote there is replaced.

    Raises:
        BuildError: the directory holds something else, or a function is an archive.
    """
    from mlfn_cli.deploying.compose import blueprint
    from mlfn_engine.ejecting import eject
    from mlfn_templates.ejected import render_ejected

    made = blueprint(session if session.target_name == "local" else replace(session, target_name="aws"))
    _refuse_archives(made)
    _clear(directory)
    bases = [plan.base.reference for plan in made.images if plan.base]
    texts = render_ejected(made.graph, made.app, local_base=any(base.startswith("oci:") for base in bases))
    try:
        images = {**{plan.function: plan for plan in made.images}, PLATFORM: made.platform.image}
        written = tuple(eject(plan, directory / "images" / name) for name, plan in images.items())
        for name, body in {**texts, **_templates(made)}.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
        (directory / MARK).chmod(0o755)
    except OSError as error:
        raise BuildError(
            f"{directory} cannot be written: {error.strerror or error}.", hint="Give --output a directory of yours."
        ) from error
    return written


def _templates(made: Blueprint) -> dict[str, str]:
    bodies = {"base": made.base, "seal": made.platform.seal, "platform": made.platform.functions, "app": made.app}
    return {f"templates/{name}.yaml": template.body for name, template in bodies.items()}


def _refuse_archives(made: Blueprint) -> None:
    if archives := ", ".join(plan.function for plan in made.images if plan.package is PackageType.ZIP):
        raise BuildError(
            f'There is no Dockerfile for an archive: {archives} (package="zip").',
            hint="Declare it as an image to eject it.",
        )


def _clear(directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()) and not (directory / MARK).is_file():
        raise BuildError(f"{directory} is not empty.", hint="Give --output another directory.")
    shutil.rmtree(directory, ignore_errors=True)
