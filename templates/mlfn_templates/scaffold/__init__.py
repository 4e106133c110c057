"""The files of a new project, as `mlfn init` writes them."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from mlfn.errors import RenderError

_APP = re.compile(r"[a-z][a-z0-9-]{0,30}")
_FILES = ("pyproject.toml", "app.py", "requirements.txt", "tests/test_app.py", "README.md", ".gitignore")


def scaffold(name: str) -> tuple[tuple[str, str], ...]:
    """Relative path and text of every file of a new project called `name`.

    Raises:
        RenderError: `name` cannot be an app's name.
    """
    if not _APP.fullmatch(name):
        raise RenderError(
            f"{name!r} cannot be an app's name.",
            hint="Use up to 31 lower-case letters, digits and '-', starting with a letter, such as 'reviews'.",
        )
    jinja = Environment(  # noqa: S701 - plain text files; the only value is a name checked above
        loader=PackageLoader("mlfn_templates.scaffold", "project"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return tuple((path, jinja.get_template(_source(path)).render(name=name)) for path in _FILES)


def _source(path: str) -> str:
    return f"{path.lstrip('.')}.j2"
