"""What a project's own module raised while it was imported: shown whole, without our frames around it."""

from __future__ import annotations

import sys
from traceback import StackSummary, TracebackException

from mlfn_engine.projects import importing


def project_traceback(error: BaseException) -> str | None:
    """The traceback as if the module had been run by itself; None if no module of a project raised."""
    told = TracebackException.from_exception(error)
    places = [frame.filename for frame in told.stack]
    if importing.__file__ not in places:
        return None
    inside = told.stack[places.index(importing.__file__) :]
    machinery = (importing.__file__, "<frozen importlib")
    told.stack = StackSummary.from_list([frame for frame in inside if not frame.filename.startswith(machinery)])
    return "".join(told.format()) + _hint(error)


def _hint(error: BaseException) -> str:
    """What to do about a package that the project imports and that is not where mlfn is."""
    if not isinstance(error, ModuleNotFoundError):
        return ""
    missing = (error.name or "it").partition(".")[0]
    return (
        f"Hint: mlfn imports the project with {sys.executable}, which has no {missing}. Install it there, or mlfn "
        f"where it is; a package that only the image has is imported inside the function.\n"
    )
