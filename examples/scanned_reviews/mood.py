"""Text → opinion, with VADER's lexicon and rules (Hutto & Gilbert, ICWSM 2014)."""

from __future__ import annotations

from functools import cache
from typing import Any

from documents import Opinion

from mlfn import model


@cache
def analyzer() -> Any:
    """VADER with its lexicon, loaded once per environment."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@model(memory_mb=256, timeout_s=10, requirements=["vaderSentiment>=3.3.2"], load=analyzer)
def sentiment(text: str) -> Opinion:
    """Judge a paragraph: positive, negative or neutral."""
    score = float(analyzer().polarity_scores(text)["compound"])
    label = "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"
    return Opinion(text=text, label=label, score=score)
