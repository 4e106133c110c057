"""An app whose values do not fit between states, deployed to an emulator of its own."""

from __future__ import annotations

import json
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
modules = ["app", "models", "pictures"]
""",
    "shapes.py": """
from dataclasses import dataclass

@dataclass
class Book:
    title: str
    text: str
    pages: list[str]

@dataclass
class Rest:
    wait_s: int
    nap_s: int

@dataclass
class Wanted:
    title: str
    pages: int
    page_size: int
    text: str = "none"
""",
    "models.py": """
import time
from mlfn import model
from shapes import Book, Wanted

@model(memory_mb=256, timeout_s=20)
def write(wanted: Wanted) -> Book:
    if wanted.pages < 0:
        raise ValueError("too few")
    pages = [str(number % 10) * wanted.page_size for number in range(wanted.pages)]
    return Book(title=wanted.title, text=wanted.text, pages=pages)

@model(memory_mb=256, timeout_s=20)
def shout(page: str) -> str:
    return page + "!"

@model(memory_mb=128)
def nap(seconds: int) -> str:
    time.sleep(seconds)
    return "rested"

@model(memory_mb=256, timeout_s=20)
def measure(book: Book, shouted: list[str]) -> str:
    return f"{book.title} {len(book.text)} {len(book.pages)} {sum(map(len, shouted))}"
""",
    "pictures.py": """
from dataclasses import dataclass
from resource import RUSAGE_SELF, getrusage
from mlfn import Blob, model, sample

@dataclass
class Page:
    title: str
    scan: Blob

@model(memory_mb=256, timeout_s=20, capture="full")
def invert(scan: Blob) -> Blob:
    return Blob.from_bytes(bytes(255 - byte for byte in scan.bytes[:8]) + scan.open().read()[8:], scan.content_type)

@model(memory_mb=256, timeout_s=20)
def weigh(scan: Blob) -> list[int]:
    before = getrusage(RUSAGE_SELF).ru_maxrss
    with scan.open() as file:
        size = sum(len(piece) for piece in iter(lambda: file.read(65_536), b""))
        file.seek(0)
        return [size, file.read(1)[0], getrusage(RUSAGE_SELF).ru_maxrss - before]

@model(memory_mb=256, timeout_s=20)
def describe(page: Page) -> str:
    return f"{page.title}: {page.scan.content_type}, {page.scan.size}, {page.scan.read()[:2].hex()}"
""",
    "app.py": """
from mlfn import Blob, Timeout, limit, parallel, pipeline, wait
from pictures import Page, describe, invert
from models import measure, nap, shout, write
from shapes import Book, Rest, Wanted

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

@pipeline
def develop(scan: Blob) -> str:
    turned = invert(scan)
    if turned.size > 10:
        return describe(Page(title="large", scan=turned))
    return describe(Page(title="small", scan=turned))

@pipeline
def twice(scan: Blob) -> Blob:
    return invert(invert(scan))

@pipeline(mode="batch")
def publish_all(wanted: Wanted) -> Book:
    return write(wanted)

@pipeline(mode="batch", timeout_s=6)
def rest_all(rest: Rest) -> str:
    wait(seconds=rest.wait_s)
    try:
        return nap(rest.nap_s)
    except Timeout:
        return nap(0)

@pipeline(mode="batch")
def describe_all(page: Page) -> str:
    return describe(page)

@pipeline(mode="async", timeout_s=60)
def later(scan: Blob) -> Blob:
    return invert(scan)

@pipeline(mode="async", timeout_s=60)
def publish_later(wanted: Wanted) -> Book:
    return write(wanted)
""",
}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The library, deployed once for all tests here."""
    made = Project(root=tmp_path_factory.mktemp("deployed") / "library", port=free_port(), runs_here=True)
    for name, text in LIBRARY.items():
        made.write(name, text)
    made.start_emulator()
    made.ok("deploy")
    yield made
    made.mlfn("emulator", "stop")


@pytest.fixture
def as_root(library: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The library, this process having the emulator's root keys."""
    for name, value in environment(library).items():
        monkeypatch.setenv(name, value)
    return library


def environment(project: Project) -> dict[str, str]:
    """What AWS's tools take keys and endpoint of a project's emulator from."""
    keys = json.loads((project.root / ".mlfn" / "emulator" / "credentials.json").read_text())
    return {
        "AWS_ACCESS_KEY_ID": keys["access_key"],
        "AWS_SECRET_ACCESS_KEY": keys["secret_key"],
        "AWS_REGION": keys["region"],
        "AWS_DEFAULT_REGION": keys["region"],
        "AWS_ENDPOINT_URL": keys["endpoint"],
    }
