"""The Lambda Runtime API, 2018-06-01: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html."""

from __future__ import annotations

from mlfn.runtime.http import Connection, Endpoint, ExchangeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlfn.runtime.http import Answer

_PREFIX = "/2018-06-01/runtime"


class Invocation:
    """One event and what Lambda says about it."""

    __slots__ = ("arn", "client_context", "deadline_ms", "identity", "invocation_id", "payload", "trace")

    def __init__(self, answer: Answer) -> None:
        header = answer.headers.get
        self.payload = answer.body
        self.invocation_id = header(b"lambda-runtime-aws-request-id", b"").decode("latin-1")
        self.deadline_ms = int(header(b"lambda-runtime-deadline-ms", b"0") or b"0")
        self.arn = header(b"lambda-runtime-invoked-function-arn", b"").decode("latin-1")
        self.trace = header(b"lambda-runtime-trace-id", b"").decode("latin-1")
        self.client_context = header(b"lambda-runtime-client-context")
        self.identity = header(b"lambda-runtime-cognito-identity")

    @property
    def alias(self) -> str | None:
        """The qualifier of the invoked ARN: an alias, a version, or None."""
        parts = self.arn.split(":", 7)
        return parts[7] if len(parts) == 8 else None


class RuntimeApi:
    """Lambda's side of the loop."""

    __slots__ = ("_connection", "_headers", "_next")

    def __init__(self, address: str) -> None:
        endpoint = Endpoint(address)
        # `next` waits as long as it takes, and nothing answers faster than a connection that is already open.
        self._connection = Connection(endpoint, idle_limit_s=float("inf"))
        self._headers = f" HTTP/1.1\r\nHost: {endpoint.authority}\r\nUser-Agent: mlfn\r\n"
        self._next = f"GET {_PREFIX}/invocation/next{self._headers}\r\n".encode()

    def next(self) -> Invocation:
        """The next event; waits for it."""
        answer = self._connection.exchange(self._next)
        if answer.status != 200:
            raise ExchangeError(f"GET next answered {answer.status}", sent=True)
        return Invocation(answer)

    def respond(self, invocation_id: str, body: bytes) -> int:
        """Send the answer of a call; gives the status (413: too large, and Lambda tells the caller)."""
        return self._post(f"/invocation/{invocation_id}/response", body)

    def fail(self, invocation_id: str, body: bytes, error_type: str) -> int:
        """Send a function error."""
        return self._post(f"/invocation/{invocation_id}/error", body, error_type)

    def fail_init(self, body: bytes, error_type: str) -> int:
        """Say that this environment cannot start."""
        return self._post("/init/error", body, error_type)

    def _post(self, path: str, body: bytes, error_type: str | None = None) -> int:
        kind = "" if error_type is None else f"Lambda-Runtime-Function-Error-Type: {_token(error_type)}\r\n"
        content = "application/json" if error_type is None else "application/vnd.aws.lambda.error+json"
        head = (
            f"POST {_PREFIX}{path}{self._headers}Content-Type: {content}\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
        )
        return self._connection.exchange(head.encode("latin-1", "replace") + body).status


def _token(text: str) -> str:
    """A header value: an exception class may have any name."""
    return "".join([char if "!" <= char <= "~" else "?" for char in text])
