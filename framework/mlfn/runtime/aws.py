"""AWS services with a JSON protocol, as far as a function calls them itself: no boto3 in an image's path."""

from __future__ import annotations

from time import time

from mlfn.jsontext import decode
from mlfn.runtime.http import Connection, Endpoint
from mlfn.runtime.sigv4 import Credentials, Request, sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn.runtime.http import Answer


class AwsError(Exception):
    """A service's refusal."""

    def __init__(self, code: str, message: str, *, status: int, body: bytes) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.body = body


class AwsClient:
    """One service in one region, over one connection."""

    def __init__(
        self, service: str, environ: Mapping[str, str], *, host_prefix: str = "", json_version: str = "1.0"
    ) -> None:
        self._service = service
        self._content_type = f"application/x-amz-json-{json_version}"
        self._environ = environ
        self._region = region_of(environ)
        # An endpoint somebody has set has no `sync-` twin.
        self._endpoint = Endpoint(service_url(service, environ, host_prefix=host_prefix))
        self._connection = Connection(self._endpoint)

    def call(self, target: str, body: bytes, *, timeout_s: float) -> bytes:
        """The answer to an operation.

        Raises:
            AwsError: the service refuses.
            ExchangeError: it does not answer in time.
        """
        return self._answered({"content-type": self._content_type, "x-amz-target": target}, body, timeout_s)

    def query(self, form: bytes, *, timeout_s: float) -> bytes:
        """The answer to an operation of a service whose requests are forms.

        Raises:
            AwsError: the service refuses.
            ExchangeError: it does not answer in time.
        """
        return self._answered({"content-type": "application/x-www-form-urlencoded"}, form, timeout_s)

    def _answered(self, headers: dict[str, str], body: bytes, timeout_s: float) -> bytes:
        request = Request("POST", "/", "", {"host": self._endpoint.authority, **headers}, body)
        # Credentials are read each time: an emulator or SnapStart may change them while the process lives.
        credentials = Credentials.from_environ(self._environ)
        sign(request, credentials, service=self._service, region=self._region, now_s=time())
        answer = self._connection.exchange(wire(request), timeout_s=timeout_s)
        if answer.status != 200:
            raise _error(answer)
        return answer.body

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def endpoint_url(service: str, environ: Mapping[str, str]) -> str | None:
    """The endpoint a user has set for a service, or for all."""
    name = {"states": "SFN"}.get(service, service.upper())
    return environ.get(f"AWS_ENDPOINT_URL_{name}") or environ.get("AWS_ENDPOINT_URL") or None


def service_url(service: str, environ: Mapping[str, str], *, host_prefix: str = "") -> str:
    """Where a service answers: at the endpoint a user has set, or at AWS's own of the function's region."""
    region = region_of(environ)
    return endpoint_url(service, environ) or f"https://{host_prefix}{service}.{region}.{_suffix(region)}"


def region_of(environ: Mapping[str, str]) -> str:
    """The region a function runs in."""
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def wire(request: Request) -> bytes:
    """A signed request as the bytes to send."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = "".join([f"{name}: {value}\r\n" for name, value in request.headers.items()])
    head = f"{request.method} {target} HTTP/1.1\r\n{lines}content-length: {len(request.body)}\r\n\r\n"
    return head.encode("latin-1") + request.body


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _error(answer: Answer) -> AwsError:
    try:
        body = decode(answer.body.decode())
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    code = str(body.get("__type") or body.get("code") or f"HTTP {answer.status}").rpartition("#")[2]
    message = str(body.get("message") or body.get("Message") or "")
    return AwsError(code, message, status=answer.status, body=answer.body)
