"""A plain Lambda handler on our loop: the platform's own functions, whose calls are not audited."""

from __future__ import annotations

from time import time

from mlfn.jsontext import decode
from mlfn.runtime import answers
from mlfn.runtime.core import resolve
from mlfn.runtime.stack import envelope, report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mlfn.runtime.api import Invocation
    from mlfn.runtime.log import Log

HANDLER = "MLFN_HANDLER"
"""The variable that names a function's handler, `module:function`: one image serves several functions."""


class Context:
    """What a handler may ask about its call, under the names of Lambda's own Python runtime."""

    def __init__(self, invocation: Invocation, environ: Mapping[str, str]) -> None:
        self.aws_request_id = invocation.invocation_id
        self.invoked_function_arn = invocation.arn
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._deadline_ms = invocation.deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the call."""
        return max(0, self._deadline_ms - int(time() * 1000))


class Plain:
    """A handler that takes events as they are."""

    def __init__(self, handler: Callable[[Any, Context], Any], environ: Mapping[str, str], log: Log) -> None:
        self._handler = handler
        self._environ = environ
        self._log = log

    def handle(self, invocation: Invocation, respond: Callable[[bytes, str | None], int]) -> None:
        """Answer an event with what the handler returns."""
        try:
            event = decode(invocation.payload.decode()) if invocation.payload else None
            body = answers.to_json(self._handler(event, Context(invocation, self._environ)))
        except Exception as error:  # whatever the handler raises is its answer
            told = envelope(error, invocation.invocation_id)
            self._log.flush()
            report(self._log, told)
            respond(answers.to_json(told), told["errorType"])
        else:
            respond(body, None)


def load_plain(environ: Mapping[str, str], log: Log) -> Plain:
    """The handler that the environment names."""
    return Plain(resolve(environ[HANDLER]), environ, log)
