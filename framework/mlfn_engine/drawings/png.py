"""A drawing as a PNG picture, for where SVG is not taken; resvg-py draws it, without a browser or system libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn.errors import UsageError
from mlfn_engine.drawings.svg import STYLE, svg

if TYPE_CHECKING:
    from mlfn_engine.drawings.drawing import Drawing

DOTS_A_UNIT = 2
"""Sharp on today's screens."""


def png(drawing: Drawing) -> bytes:
    """A drawing as the bytes of a PNG file.

    Raises:
        UsageError: resvg-py is not installed, or no font that it could write with.
    """
    resvg = _resvg()
    _check_font(resvg)
    return _picture(resvg, svg(drawing))


def _resvg() -> Any:
    try:
        import resvg_py  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            "PNG needs resvg-py, which is not installed.",
            hint="pip install 'mlfn[png]', or name the file FILE.svg.",
        ) from error
    return resvg_py


def _check_font(resvg: Any) -> None:
    """Where no font of the style's is there, texts would be left out without a word."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><style>{STYLE}</style>'
    if _picture(resvg, f'{head}<text x="4" y="14">m</text></svg>') == _picture(resvg, f"{head}</svg>"):
        raise UsageError(
            "There is no font to write the PNG's texts with.",
            hint="On Debian: apt-get install fonts-dejavu-core. Or name the file FILE.svg.",
        )


def _picture(resvg: Any, text: str) -> bytes:
    return bytes(resvg.svg_to_bytes(svg_string=text, zoom=DOTS_A_UNIT, background="#ffffff"))
