"""The requirement lines of a model, from its declaration or from a requirements file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from mlfn_engine.projects.inside import inside
from mlfn_engine.values import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mlfn_engine.declarations.declared import Options

_STEP = "Write one PEP 508 requirement a line, such as numpy>=1.26."


def requirement_lines(options: Options, root: Path) -> tuple[str, ...]:
    """The PEP 508 lines that `requirements=` gives, each valid; what is not is noted."""
    given = options.given.get("requirements")
    if isinstance(given, str):
        path = inside(root, given)
        if path is None or not path.is_file():
            options.notebook.note(
                f"{options.subject} has requirements={given!r}, and there is no such file in the project.",
                'Create it, or list requirements=["numpy>=1.26"].',
            )
            return ()
        return _checked(options, _file_lines(path, root))
    lines = options.texts("requirements", "numpy>=1.26")
    return _checked(options, ((line, options.notebook.location) for line in lines))


def _checked(options: Options, lines: Iterator[tuple[str, Location]]) -> tuple[str, ...]:
    found: list[str] = []
    for line, location in lines:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0].rstrip(".")
            sentence = f"{options.subject} has the requirement {line!r}, which is not valid: {reason}."
            options.notebook.note(sentence, _STEP, location=location)
        else:
            found.append(line)
    return tuple(dict.fromkeys(found))


def _file_lines(path: Path, root: Path) -> Iterator[tuple[str, Location]]:
    """Each requirement of a file with its place: comments and hashes dropped (locking makes its own), `\\` joined."""
    file = str(path.relative_to(root.resolve()))
    pending: list[str] = []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, raw in enumerate([*lines, ""], start=1):  # the empty line ends a last one that is continued
        text = raw.strip() if pending else raw.split(" #")[0].strip()
        pending.append(text.removesuffix("\\").strip())
        if text.endswith("\\"):
            continue
        line = " ".join(_words(pending))
        pending = []
        if line and not line.startswith("#"):
            yield line, Location(file=file, line=number)


def _words(parts: Sequence[str]) -> list[str]:
    return [word for part in parts for word in part.split() if not word.startswith("--hash=")]
