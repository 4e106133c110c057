"""An exception as Lambda shows it, and as a record keeps it: without what it says."""

from __future__ import annotations

from mlfn.audit.codec import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from mlfn.runtime.log import Log

_OURS = __file__.rpartition("/")[0]


WITHHELD = "The message is withheld: the model's types are marked Sensitive."


class InitError(Exception):
    """The environment cannot start: the body Lambda is told."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body["errorMessage"])
        self.body = body


def envelope(error: BaseException, invocation_id: str) -> dict[str, Any]:
    """The body of a function error, as Lambda's own Python runtime makes it."""
    from traceback import extract_tb, format_list  # noqa: PLC0415 - only when something failed

    from mlfn.runtime.hiding import hidden  # noqa: PLC0415 - as above

    frames = [hidden(frame) for frame in format_list(extract_tb(_user_frames(error.__traceback__)))]
    return error_body(type(error).__name__, hidden(str(error)), invocation_id, frames)


def discreet_envelope(error: BaseException, invocation_id: str) -> dict[str, Any]:
    """The same without what the error says, which may hold what the model was sent."""
    return {**envelope(error, invocation_id), "errorMessage": WITHHELD}


def error_body(error_type: str, message: str, invocation_id: str, frames: list[str] | None = None) -> dict[str, Any]:
    """`{"errorMessage", "errorType", "requestId", "stackTrace"}`."""
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": invocation_id,
        "stackTrace": frames or [],
    }


def stack_digest(error: BaseException) -> str:
    """The SHA-256 of the stack's places, outermost first, one `file:line:function` a line: never of the message."""
    places, frame = [], _user_frames(error.__traceback__)
    while frame is not None:
        code = frame.tb_frame.f_code
        places.append(f"{code.co_filename}:{frame.tb_lineno}:{code.co_name}")
        frame = frame.tb_next
    return digest("\n".join(places).encode("utf-8", "replace"))


def _user_frames(frame: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is not the runtime's; all of it, if there is none."""
    first = frame
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_OURS):
        frame = frame.tb_next
    return frame or first


def report(log: Log, body: dict[str, Any]) -> None:
    """Show an error in the log as Lambda's own runtime does."""
    frames = "".join(body["stackTrace"]).rstrip("\n")
    text = f"[ERROR] {body['errorType']}: {body['errorMessage']}\n"
    if frames:
        text += f"Traceback (most recent call last):\n{frames}\n"
    log.line(text.encode("utf-8", "replace"))
