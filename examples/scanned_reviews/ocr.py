"""Scanned page → text, with RapidOCR's PP-OCR models (they ship in its wheel) on onnxruntime."""

from __future__ import annotations

import base64
import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from documents import PageText, ScannedPage, UnreadableError

from mlfn import model

if TYPE_CHECKING:
    import numpy as np


@cache
def engine() -> Any:
    """The OCR engine, loaded once per environment."""
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error"})


@model(memory_mb=1536, timeout_s=28, requirements="requirements-ocr.txt", load=engine)
def extract_text(scan: ScannedPage) -> PageText:
    """Read a scanned page, paragraph by paragraph."""
    try:
        found = engine()(base64.b64decode(scan.png_base64))
    except OSError as error:  # Pillow's errors
        raise UnreadableError(f"The scan of {scan.name} is damaged.") from error
    if found.txts is None:
        return PageText(page=scan.name, paragraphs=[], confidence=0.0)
    confidence = sum(found.scores) / len(found.scores)
    return PageText(page=scan.name, paragraphs=paragraphs(found.boxes, found.txts), confidence=round(confidence, 3))


def paragraphs(boxes: np.ndarray, lines: tuple[str, ...]) -> list[str]:
    """Join lines whose gap is smaller than three quarters of a line's height.

    Args:
        boxes: shape (lines, 4, 2), corner points in pixels, from top to bottom.
        lines: the text in each box.
    """
    joined: list[list[str]] = []
    bottom = float("-inf")
    for box, line in zip(boxes, lines, strict=True):
        top, height = float(box[:, 1].min()), float(box[:, 1].max() - box[:, 1].min())
        if top - bottom > 0.75 * height:
            joined.append([])
        joined[-1].append(line)
        bottom = float(box[:, 1].max())
    return [" ".join(each) for each in joined]
