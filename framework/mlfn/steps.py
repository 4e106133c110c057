"""How a pipeline calls one of its models: again after an error, and for how long at most."""

from __future__ import annotations

import random
import time

from mlfn.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")

LONGEST_S = 99_999_999
"""https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""
LONGEST_DELAY_S = 31_622_399
TOOK_TOO_LONG = "The step took too long."


class Timeout(TimeoutError):  # noqa: N818 - read as what is caught: except Timeout
    """A step took longer than its `timeout_s`, or a model longer than its own."""


class Retry:
    """Call again after errors of the types in `on`, at most `attempts` times in all.

    The first pause is `delay_s` seconds long, each one after it `backoff` times the one before and at most
    `max_delay_s` (None: 31,622,399, a year). With `jitter`, a pause ends at a random moment before that: calls that
    failed together do not come back together.

    Raises:
        DeclarationError: `on` names no exceptions, or a number is out of its range (attempts from 2, delay_s and
            backoff from 1, max_delay_s above delay_s).
    """

    __slots__ = ("attempts", "backoff", "delay_s", "jitter", "max_delay_s", "on")

    def __init__(
        self,
        *,
        on: Sequence[type[Exception]] = (Exception,),
        attempts: int = 3,
        delay_s: int = 1,
        backoff: float = 2.0,
        max_delay_s: int | None = None,
        jitter: bool = True,
    ) -> None:
        self.on = tuple(on)
        self.attempts = attempts
        self.delay_s = delay_s
        self.backoff = backoff
        self.max_delay_s = max_delay_s
        self.jitter = jitter
        self._check()

    def _check(self) -> None:
        if not self.on or not all(isinstance(each, type) and issubclass(each, Exception) for each in self.on):
            raise DeclarationError("Retry's on= names no exceptions.", hint="Write on=[ValueError], a list of classes.")
        _check_whole("Retry's attempts=", self.attempts, 2, LONGEST_S)
        _check_whole("Retry's delay_s=", self.delay_s, 1, LONGEST_S)
        if self.max_delay_s is not None:
            _check_whole("Retry's max_delay_s=", self.max_delay_s, self.delay_s + 1, LONGEST_DELAY_S)
        if isinstance(self.backoff, bool) or not isinstance(self.backoff, (int, float)) or not 1 <= self.backoff < 1e6:
            raise DeclarationError(f"Retry's backoff= is {self.backoff!r}.", hint="Write a number from 1, such as 2.0.")

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures."""
        longest = LONGEST_DELAY_S if self.max_delay_s is None else self.max_delay_s
        try:
            pause = min(self.delay_s * float(self.backoff) ** (failures - 1), longest)
        except OverflowError:
            pause = longest
        return random.uniform(0, pause) if self.jitter else pause  # noqa: S311 - spreads load, guards nothing


class Step:
    """A model, or a pipeline, as one step calls it."""

    __slots__ = ("function", "retry", "timeout_s")

    def __init__(self, function: Callable[..., Any], retry: Retry | None, timeout_s: int | None) -> None:
        self.function = function
        self.retry = retry
        self.timeout_s = timeout_s
        if not callable(function):
            raise DeclarationError(f"step() takes a model, not {function!r}.", hint="Write step(model, …)(input).")
        if retry is not None and not isinstance(retry, Retry):
            raise DeclarationError(f"step's retry= is {retry!r}.", hint="Write retry=Retry(on=[…], attempts=3).")
        if timeout_s is not None:
            _check_whole("step's timeout_s=", timeout_s, 1, LONGEST_S)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the model gives, called as a state machine would call it."""
        failures = 0
        while True:
            try:
                return self._once(args, kwargs)
            except Exception as error:
                failures += 1
                retry = self.retry
                if retry is None or not isinstance(error, retry.on) or failures >= retry.attempts:
                    raise
                time.sleep(retry.pause(failures))

    def _once(self, args: Any, kwargs: Any) -> Any:
        if self.timeout_s is None:
            return self.function(*args, **kwargs)
        return within(self.timeout_s, lambda: self.function(*args, **kwargs))


def step(function: Callable[P, R], *, retry: Retry | None = None, timeout_s: int | None = None) -> Callable[P, R]:
    """A model to call as one step of a pipeline: `step(redact, retry=Retry(on=[Throttled]), timeout_s=5)(text)`.

    Without `retry` it is called once, without `timeout_s` it has the time that the model declares.

    Raises:
        DeclarationError: it is no function, or `timeout_s` no whole number of seconds.
        Timeout: when it is called, and takes longer than `timeout_s`.
    """
    return Step(function, retry, timeout_s)


def within(timeout_s: int, call: Callable[[], Any]) -> Any:
    """What `call` gives; when it takes too long, it is left to itself."""
    from threading import Thread  # noqa: PLC0415 - only where a step has a time of its own

    answers: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if errors:
        raise errors[0]
    if not answers:
        raise Timeout(TOOK_TOO_LONG)
    return answers[0]


def _check_whole(what: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise DeclarationError(f"{what} is {value!r}.", hint=f"Write a whole number from {low} to {high}.")
