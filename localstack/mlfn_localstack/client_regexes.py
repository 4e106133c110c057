"""Regular expressions that clients bring may run for a while, not for ever.

Python's matcher backtracks, and holds the interpreter meanwhile; but it looks for signals as it goes, in the main
thread, where the event loop is: a timer's signal ends it there. In another thread nothing would.
"""

from __future__ import annotations

import logging
import re
import signal
import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

LIMIT_S = 1.0
_LOG = logging.getLogger(__name__)


Method = Callable[[re.Pattern[str], str], re.Match[str] | None]
"""`re.Pattern.search` or `re.Pattern.fullmatch`."""


class TooSlowError(Exception):
    """An expression took longer than it may."""


class UnusableError(Exception):
    """An expression is none, or takes longer than it may."""


@contextmanager
def limited(limit_s: float) -> Iterator[None]:
    """Raise TooSlowError in what is inside once that takes too long; outside of the main thread nothing is limited."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TooSlowError


def tried_once(pattern: str, text: str, how: Method) -> bool:
    """Whether a text fits an expression that is tried once.

    Raises:
        UnusableError: it cannot be told.
    """
    try:
        with limited(LIMIT_S):
            return how(re.compile(pattern), text) is not None
    except (re.error, OverflowError, RecursionError, TooSlowError) as error:
        raise UnusableError(pattern) from error


class Regex:
    """An expression that is tried on many texts: once it took too long, it fits none any more."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._is_given_up = False

    def fits(self, text: str, how: Method) -> bool:
        """Whether a text fits."""
        if self._is_given_up:
            return False
        try:
            with limited(LIMIT_S):
                return how(self._pattern, text) is not None
        except TooSlowError:
            self._is_given_up = True
            _LOG.warning("The regular expression %s takes too long: it fits nothing", self._pattern.pattern)
            return False
