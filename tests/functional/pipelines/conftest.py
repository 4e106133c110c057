"""An app whose values do not fit between states, deployed to an emulator of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fixtures.project import Project, free_port

LIBRARY = {
    "pyproject.toml": """
[project]
name = "library"
version = "1"

[tool.mlfn]
app = "library"
modules = ["app", "models"]
""",
    "shapes.py": """
from dataclasses import dataclass

@dataclass
class Book:
    title: str
    text: str
    pages: list[str]

@dataclass
class Wanted:
    title: str
    pages: int
    page_size: int
    text: str = "none"
""",
    "models.py": """
from mlfn import model
from shapes import Book, Wanted

@model(memory_mb=256, timeout_s=20)
def write(wanted: Wanted) -> Book:
    pages = [str(number % 10) * wanted.page_size for number in range(wanted.pages)]
    return Book(title=wanted.title, text=wanted.text, pages=pages)

@model(memory_mb=256, timeout_s=20)
def shout(page: str) -> str:
    return page + "!"

@model(memory_mb=256, timeout_s=20)
def measure(book: Book, shouted: list[str]) -> str:
    return f"{book.title} {len(book.text)} {len(book.pages)} {sum(map(len, shouted))}"
""",
    "app.py": """
from mlfn import limit, parallel, pipeline
from models import measure, shout, write
from shapes import Book, Wanted

@pipeline
def publish(wanted: Wanted) -> str:
    book = write(wanted)
    if book.title == "none":
        return book.title
    shouted = [shout(page) for page in limit(book.pages, 4)]
    return measure(book, shouted)

@pipeline
def fetch(wanted: Wanted) -> Book:
    with parallel():
        one = write(wanted)
        two = write(wanted)
    return one

@pipeline(mode="async", timeout_s=60)
def publish_later(wanted: Wanted) -> Book:
    return write(wanted)
""",
}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The library, deployed once for all tests here."""
    made = Project(root=tmp_path_factory.mktemp("deployed") / "library", port=free_port())
    for name, text in LIBRARY.items():
        made.write(name, text)
    made.start_emulator()
    made.ok("deploy")
    yield made
    made.mlfn("emulator", "stop")
