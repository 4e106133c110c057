from reviews import *


@dataclass
class Part:
    text: str
    mark: str = "{% x %}"
    tags: list[str] = field(default_factory=list)


@dataclass
class Book:
    parts: list[Part]
    cover: Part | None = None
    title: str = "untitled"
    back: Part = field(default_factory=lambda: Part("back"))


@app.pipeline
def judge(scan: Scan, book: Book = Book(parts=[Part("a")])) -> Book:
    return book
