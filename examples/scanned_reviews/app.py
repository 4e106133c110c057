"""Scanned review pages: read each page, judge each paragraph."""

from __future__ import annotations

from documents import ScannedPage, Verdict
from mood import sentiment
from ocr import extract_text

from mlfn import pipeline


@pipeline(timeout_s=28)
def judge(scan: ScannedPage) -> Verdict:
    """Read a page and judge its paragraphs; the caller waits."""
    text = extract_text(scan)
    opinions = [sentiment(paragraph) for paragraph in text.paragraphs]
    return Verdict(page=text.page, confidence=text.confidence, opinions=opinions)


@pipeline(mode="async", timeout_s=120)
def judge_later(scan: ScannedPage) -> Verdict:
    """The same as an execution to ask about: for pages that nobody waits for."""
    text = extract_text(scan)
    opinions = [sentiment(paragraph) for paragraph in text.paragraphs]
    return Verdict(page=text.page, confidence=text.confidence, opinions=opinions)
