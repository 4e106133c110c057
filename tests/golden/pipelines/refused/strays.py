"""A model that no app of the cases declares."""

from mlfn import model, pipeline


@model
def stray(text: str) -> str:
    return text


@pipeline
def lost_pipeline(text: str) -> str:
    return text
