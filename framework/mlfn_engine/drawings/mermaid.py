"""A drawing as Mermaid's text, which Markdown viewers show: https://mermaid.js.org/syntax/flowchart.html"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.drawings.drawing import Drawing, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

_BRACKETS = {
    Kind.END: ("([", "])"),
    Kind.STEP: ("[", "]"),
    Kind.CHOICE: ("{{", "}}"),
    Kind.WAIT: ("[/", "/]"),
    Kind.PERSON: ("[/", "\\]"),
    Kind.RAISE: ("([", "])"),
}


def mermaid(drawing: Drawing) -> str:
    """The flowchart."""
    return "\n".join(["flowchart TD", *_level(drawing, "    ")]) + "\n"


def _level(drawing: Drawing, indent: str) -> Iterator[str]:
    for shape in drawing.shapes:
        yield from _shape(shape, indent)
    for arrow in drawing.arrows:
        line = "-.->" if arrow.on_error else "-->"
        label = f"|{_quoted(arrow.label)}|" if arrow.label else ""
        yield f"{indent}{arrow.source} {line}{label} {arrow.target}"


def _shape(shape: Shape, indent: str) -> Iterator[str]:
    if not shape.levels:
        left, right = _BRACKETS.get(shape.kind, ("[[", "]]"))
        yield f"{indent}{shape.name}{left}{_quoted(shape.label)}{right}"
        return
    yield f"{indent}subgraph {shape.name}[{_quoted(shape.label)}]"
    for level in shape.levels:
        yield from _level(level, indent + "    ")
    yield f"{indent}end"


def _quoted(text: str) -> str:
    """A text in quotes; what Mermaid would read as markup becomes its entity."""
    escaped = text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return f'"{escaped}"'
