"""Wildcards as regular expressions that never take longer than pattern times text."""

from __future__ import annotations

import re
from functools import lru_cache

_LITERAL = {"*": "\ufdd0", "?": "\ufdd1"}
"""Characters that no text has (Unicode calls them noncharacters), for the wildcards where they mean themselves."""
_MEANT = {mark: char for char, mark in _LITERAL.items()}


def literally(text: str) -> str:
    """A text as part of a pattern, its stars and question marks being no wildcards."""
    return text.replace("*", _LITERAL["*"]).replace("?", _LITERAL["?"])


@lru_cache(maxsize=4096)
def compile_glob(pattern: str, *, question_mark: bool = True, ignore_case: bool = False) -> re.Pattern[str]:
    """`*` for any text and `?` for any character, to be matched in full; brackets mean nothing special.

    Every piece between two stars is taken where it first occurs, once and for all (an atomic group): trying the later
    places, too, finds nothing more and takes exponentially long.
    """
    first, *rest = (_literal(piece, question_mark) for piece in pattern.split("*"))
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    text = f"{first}{middle}.*{rest[-1]}" if rest else first
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _literal(piece: str, question_mark: bool) -> str:
    return "".join("." if question_mark and char == "?" else re.escape(_MEANT.get(char, char)) for char in piece)
