"""Looking at services before a cluster does: with the schema of what mlfn writes, and kubeconform where it is."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from mlfn.errors import RenderError

if TYPE_CHECKING:
    from mlfn_cli.session import Session


def checked_services(session: Session) -> list[str]:
    """What was found to be right about the services of an app.

    Raises:
        RenderError: something is wrong; it is told all at once.
    """
    import yaml

    from mlfn_cli.deploying.knative import rendered
    from mlfn_templates.knative import SCHEMA

    body = rendered(session)
    services: list[Any] = list(yaml.safe_load_all(body))
    passed = [name for name, look in (("jsonschema", _by_schema), ("kubeconform", _kubeconform)) if look(body)]
    how = f"pass {SCHEMA.name} ({', '.join(passed)})" if passed else "render (pip install 'mlfn[check]' looks closer)"
    return [f"{len(services)} service{'s' * (len(services) != 1)} of Knative {how}"]


def _by_schema(body: str) -> bool:
    """Whether jsonschema is here and found nothing."""
    import json

    import yaml

    from mlfn_templates.knative import SCHEMA

    try:
        from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
    except ModuleNotFoundError:
        return False
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    _refuse(
        [
            f"{service['metadata']['name']}: {error.json_path}: {error.message}"
            for service in yaml.safe_load_all(body)
            for error in validator.iter_errors(service)
        ]
    )
    return True


def _kubeconform(body: str) -> bool:
    """Whether kubeconform is here and found nothing."""
    from mlfn_templates.knative import SCHEMA

    program = shutil.which("kubeconform")
    if program is None:
        return False
    command = [program, "-strict", "-schema-location", str(SCHEMA), "-"]
    done = subprocess.run(command, input=body, capture_output=True, text=True, check=False)
    _refuse([f"kubeconform: {line}" for line in (done.stdout + done.stderr).splitlines()] if done.returncode else [])
    return True


def _refuse(problems: list[str]) -> None:
    if problems:
        raise RenderError(
            f"The services must not be deployed: {'; '.join(problems)}.",
            hint="Change what is named under [tool.mlfn.knative], or report it with your declaration.",
        )
