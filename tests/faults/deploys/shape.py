"""An app that changes at random from one deploy to the next, but keeps what a client calls all the while."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.fixtures.project import Project

EXTRAS = ("north", "east", "south", "west", "up", "down")
PYPROJECT = """
[project]
name = "changing"
version = "1"

[tool.mlfn]
app = "changing"
modules = ["mood", "extras", "app"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the app declares."""

    word: int = 0
    """In what the model answers."""
    memory_mb: int = 128
    twice: bool = False
    """Whether the pipeline calls the model again on its own answer."""
    extras: tuple[str, ...] = EXTRAS[:4]
    """Other models: with more than four the template is too long to be sent, and lies in S3 meanwhile."""
    is_later: bool = False
    """Whether there is an asynchronous pipeline, too."""
    reads: bool = False
    """Whether the extra models may read data."""

    def write(self, project: Project) -> None:
        """Make this the project's source."""
        for name, text in self._sources():
            project.write(name, text)

    def _sources(self) -> Iterator[tuple[str, str]]:
        yield "pyproject.toml", PYPROJECT
        yield (
            "mood.py",
            (
                f"from mlfn import model\n\n@model(memory_mb={self.memory_mb}, timeout_s=20)\n"
                f"def mood(text: str) -> str:\n    return 'mood {self.word}'\n"
            ),
        )
        reads = ", reads=['s3://some-data/*']" if self.reads else ""
        extras = "".join(
            f"\n@model(memory_mb=128, timeout_s=5{reads})\ndef {name}(text: str) -> str:\n    return {name!r} + text\n"
            for name in self.extras
        )
        yield "extras.py", f"from mlfn import model\n{extras}"
        step = "mood(mood(text))" if self.twice else "mood(text)"
        later = '\n@pipeline(mode="async", timeout_s=60)\ndef later(text: str) -> str:\n    return mood(text)\n'
        yield (
            "app.py",
            (
                "from mlfn import pipeline\nfrom mood import mood\n\n"
                f"@pipeline\ndef judge(text: str) -> str:\n    return {step}\n{later if self.is_later else ''}"
            ),
        )


def changed(shape: Shape, random: Random) -> tuple[str, Shape]:
    """What is changed, and the app after it: one to three changes, now and then none."""
    told = random.sample(sorted(CHANGES), random.choice((0, 1, 1, 1, 2, 3)))
    for name in told:
        shape = CHANGES[name](shape, random)
    return ", ".join(told) or "nothing", shape


def _more_or_fewer(shape: Shape, random: Random) -> Shape:
    toggled = random.choice(EXTRAS)
    extras = set(shape.extras) ^ {toggled}
    return replace(shape, extras=tuple(sorted(extras)))


CHANGES: dict[str, Callable[[Shape, Random], Shape]] = {
    "code": lambda shape, random: replace(shape, word=random.randrange(1, 10_000)),
    "memory": lambda shape, random: replace(shape, memory_mb=random.choice((128, 192, 256))),
    "models": _more_or_fewer,
    "steps": lambda shape, _: replace(shape, twice=not shape.twice),
    "pipelines": lambda shape, _: replace(shape, is_later=not shape.is_later),
    "permissions": lambda shape, _: replace(shape, reads=not shape.reads),
}
