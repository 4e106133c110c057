"""A drawing as an SVG picture: shapes in rows from top to bottom, levels as boxes in boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from mlfn_engine.drawings.drawing import Arrow, Drawing, Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHARACTER, _LINE, _PAD = 7.2, 18.0, 14.0
_GAP_X, _GAP_Y = 40.0, 54.0
_OUT = 34.0
"""How much further out each arrow goes that passes other rows."""
_TITLE = 24.0
_FILL = {
    Kind.END: "#e8eef7",
    Kind.STEP: "#ffffff",
    Kind.CHOICE: "#fff6dd",
    Kind.WAIT: "#f3f0fa",
    Kind.PERSON: "#fdeedd",
    Kind.RAISE: "#fbe4e4",
    Kind.MAP: "#eef7ee",
    Kind.PARALLEL: "#eef7ee",
    Kind.PIPELINE: "#eef4f7",
}
STYLE = (
    "text{font:13px ui-sans-serif,system-ui,sans-serif,'DejaVu Sans','Liberation Sans','Noto Sans';fill:#222}"
    ".l{font-size:11px;fill:#555;paint-order:stroke;stroke:#fff;stroke-width:4px}"
    "path{fill:none;stroke:#555}.e{stroke:#b33;stroke-dasharray:4 3}rect{stroke:#777}"
)
_MARKER = (
    '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 4 0 8z" style="fill:#555;stroke:none"/></marker></defs>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A shape with its size, and what is inside, placed."""

    shape: Shape
    width: float
    height: float
    levels: tuple[_Plan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A level with the place of each shape in it."""

    drawing: Drawing
    boxes: tuple[tuple[_Box, float, float], ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a shape is on the picture."""

    box: _Box
    x: float
    y: float

    @property
    def bottom(self) -> float:
        """Its foot."""
        return self.y + self.box.height

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.box.width

    @property
    def centre(self) -> float:
        """Half way between its sides."""
        return self.x + self.box.width / 2


def svg(drawing: Drawing) -> str:
    """The picture."""
    plan = _plan(drawing)
    width, height = plan.width + 2 * _PAD, plan.height + 2 * _PAD
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">'
    lines = [head, f"<style>{STYLE}</style>", _MARKER, *_level(plan, _PAD, _PAD), "</svg>"]
    return "\n".join(lines) + "\n"


def _plan(drawing: Drawing) -> _Plan:
    """Each shape a row below the last one that leads to it, rows centred."""
    rows = _rows(drawing)
    boxes = {shape.name: _box(shape) for shape in drawing.shapes}
    wide = max((_row_width([boxes[name] for name in row]) for row in rows), default=0.0)
    placed, top = [], 0.0
    for row in rows:
        inside = [boxes[name] for name in row]
        left = (wide - _row_width(inside)) / 2
        for box in inside:
            placed.append((box, left, top))
            left += box.width + _GAP_X
        top += max(box.height for box in inside) + _GAP_Y
    return _Plan(
        drawing=drawing, boxes=tuple(placed), width=wide + _beside(drawing, rows), height=max(top - _GAP_Y, 0.0)
    )


def _rows(drawing: Drawing) -> list[list[str]]:
    """The shapes' names, row by row: arrows only lead to shapes drawn later, but for those to the end."""
    depth = {shape.name: 0 for shape in drawing.shapes}
    for _ in drawing.shapes:
        for arrow in drawing.arrows:
            depth[arrow.target] = max(depth[arrow.target], depth[arrow.source] + 1)
    rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, row in depth.items():
        rows[row].append(name)
    return [row for row in rows if row]


def _beside(drawing: Drawing, rows: list[list[str]]) -> float:
    """The room that arrows past other rows need at the right."""
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    around = [each for each in drawing.arrows if each.on_error or row_of[each.target] - row_of[each.source] > 1]
    longest = max((len(each.label) for each in around), default=0)
    return len(around) * _OUT + longest * _CHARACTER / 2


def _row_width(boxes: list[_Box]) -> float:
    return sum(box.width for box in boxes) + _GAP_X * (len(boxes) - 1)


def _box(shape: Shape) -> _Box:
    levels = tuple(map(_plan, shape.levels))
    label = len(shape.label) * _CHARACTER + 2 * _PAD
    if not levels:
        return _Box(shape=shape, width=label, height=_LINE + _PAD, levels=())
    inside = sum(level.width for level in levels) + _GAP_X * (len(levels) - 1) + 2 * _PAD
    height = max(level.height for level in levels) + _TITLE + 2 * _PAD
    return _Box(shape=shape, width=max(label, inside), height=height, levels=levels)


def _level(plan: _Plan, x: float, y: float) -> Iterator[str]:
    places = {box.shape.name: _Place(box=box, x=x + left, y=y + top) for box, left, top in plan.boxes}
    for place in places.values():
        yield from _drawn(place.box, place.x, place.y)
    beside = 0
    for arrow in plan.drawing.arrows:
        one, two = places[arrow.source], places[arrow.target]
        if arrow.on_error or two.y - one.bottom > _GAP_Y + 1:
            beside += 1
            passed = [place.right for place in places.values() if one.y <= place.y <= two.y]
            yield from _around(arrow, one, two, max(passed) + _OUT * beside)
        else:
            yield from _down(arrow, one, two)


def _drawn(box: _Box, x: float, y: float) -> Iterator[str]:
    shape = box.shape
    round_ = 16 if shape.kind in (Kind.END, Kind.RAISE) else 4
    size = f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{round_}" fill="{_FILL[shape.kind]}"'
    yield f'<rect x="{x:.1f}" y="{y:.1f}" {size}/>'
    baseline = y + (_TITLE if box.levels else box.height / 2 + 5)
    yield _text(x + box.width / 2, baseline, shape.label)
    inside = sum(level.width for level in box.levels) + _GAP_X * (len(box.levels) - 1)
    left = x + (box.width - inside) / 2
    for level in box.levels:
        yield from _level(level, left, y + _TITLE + _PAD)
        left += level.width + _GAP_X


def _down(arrow: Arrow, one: _Place, two: _Place) -> Iterator[str]:
    """To the next row: from the middle of a shape's foot to the middle of the other's head."""
    middle = (one.bottom + two.y) / 2
    points = ((one.centre, one.bottom), (one.centre, middle), (two.centre, middle), (two.centre, two.y))
    yield _path(points, "")
    yield from _label((one.centre + two.centre) / 2, middle + 4, arrow.label)


def _around(arrow: Arrow, one: _Place, two: _Place, out: float) -> Iterator[str]:
    """Past other rows, or where an error goes: from side to side, as far out as `out`."""
    start, end = one.y + one.box.height / 2, two.y + two.box.height / 2
    points = ((one.right, start), (out, start), (out, end), (two.right, end))
    yield _path(points, ' class="e"' if arrow.on_error else "")
    # Where such a curve is furthest out: three quarters of the way.
    furthest = (one.right + two.right) / 8 + out * 3 / 4
    yield from _label(furthest, (start + end) / 2 + 4, arrow.label)


def _path(points: tuple[tuple[float, float], ...], style: str) -> str:
    first, *curve = [f"{x:.1f} {y:.1f}" for x, y in points]
    return f'<path{style} d="M{first}C{" ".join(curve)}" marker-end="url(#a)"/>'


def _label(x: float, y: float, text: str) -> Iterator[str]:
    if text:
        yield _text(x, y, text, style=' class="l"')


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle"{style}>{escape(text)}</text>'
