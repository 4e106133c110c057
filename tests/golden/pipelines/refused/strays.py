"""A model that no app of the cases declares."""

from mlfn import model


@model
def stray(text: str) -> str:
    return text
