"""Scanned review pages: read each page, judge each paragraph."""

from __future__ import annotations

from documents import ScannedPage, UnreadableError, Verdict
from mood import sentiment
from ocr import extract_text

from mlfn import limit, pipeline


@pipeline(timeout_s=28)
def judge(scan: ScannedPage) -> Verdict:
    """Read a page and judge its paragraphs; the caller waits."""
    try:
        text = extract_text(scan)
    except UnreadableError as error:
        return Verdict(page=scan.name, confidence=0.0, opinions=[], note=str(error))
    if text.confidence < 0.5:
        return Verdict(page=text.page, confidence=text.confidence, opinions=[], note="There is no text on it.")
    opinions = [sentiment(paragraph) for paragraph in limit(text.paragraphs, at_once=8)]
    return Verdict(page=text.page, confidence=text.confidence, opinions=opinions)


@pipeline(mode="async", timeout_s=120)
def judge_later(scan: ScannedPage) -> Verdict:
    """The same as an execution to ask about: for pages that nobody waits for."""
    return judge(scan)
