"""What goes with an app that leaves mlfn: a script that deploys it, and a README."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from mlfn_templates.cloudformation.encoding import Encoded

if TYPE_CHECKING:
    from mlfn_engine.values import AppGraph, Template

PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EjectedFunction:
    """A function as the script names it."""

    key: str
    prefix: str
    version_id: str
    """The logical id of its version in the template."""
    platform: str


def render_ejected(graph: AppGraph, app: Template, *, local_base: bool) -> dict[str, str]:
    """The script and the README, by file name; the app's base image may be known to this machine alone."""
    functions = [
        EjectedFunction(
            key=function.key,
            prefix=function.logical_id,
            version_id=_version_id(function.logical_id, app.body),
            platform=PLATFORMS[function.resources.architecture],
        )
        for function in graph.functions
    ]
    told = {"app": graph.app, "stage": graph.stage, "functions": functions, "local_base": local_base}
    told["kms_key"] = graph.kms_key
    return {name: _environment().get_template(f"{name}.j2").render(told) for name in ("deploy.sh", "README.md")}


def _version_id(prefix: str, body: str) -> str:
    found = re.search(rf'^  "?({re.escape(prefix)}Version[0-9a-f]+)"?:$', body, re.MULTILINE)
    return found[1] if found else f"{prefix}Version"


@cache
def _environment() -> Environment:
    jinja = Environment(  # noqa: S701 - a shell script, in which every value is quoted, and Markdown of our names
        loader=PackageLoader("mlfn_templates", "ejected"),
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Encoded) else shlex.quote(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    jinja.filters["plain"] = Encoded
    return jinja
