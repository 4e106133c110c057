"""What travels between the models."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableError(Exception):
    """What came is no picture."""


@dataclass
class ScannedPage:
    """A scanned page."""

    name: str
    png_base64: str
    """The page as a PNG image, base64-encoded."""


@dataclass
class PageText:
    """The text of a page, as far as it could be read."""

    page: str
    paragraphs: list[str]
    confidence: float
    """Mean confidence of the lines read, 0 to 1; 0 for an empty page."""


@dataclass
class Opinion:
    """What a paragraph thinks of its subject."""

    text: str
    label: str
    """positive, negative or neutral."""
    score: float
    """From -1 (very negative) to 1 (very positive)."""


@dataclass
class Verdict:
    """A page, read and judged."""

    page: str
    confidence: float
    opinions: list[Opinion]
    note: str | None = None
    """Why there are no opinions."""
