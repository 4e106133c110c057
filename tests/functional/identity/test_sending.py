"""What the client sends again and what it does not, against a server that misbehaves on purpose."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mlfn import Client
from mlfn.client.sending import Message, Sender
from mlfn.errors import CallFailedError, CallRefusedError, CallUncertainError, TargetError

Step = bytes | None


def answer(status: int, body: bytes = b"7", **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{lines}\r\n".encode() + body


HANG_UP = None
"""Read the request, then close without a word."""
CLOSE_AFTER = b"close"


class Script:
    """Answers requests one after another as told, and counts them."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[bytes] = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while request := _request(connection):
                    self.requests.append(request)
                    step = self.steps.pop(0) if self.steps else HANG_UP
                    if step is HANG_UP:
                        break
                    connection.sendall(step.removeprefix(CLOSE_AFTER))
                    if step.startswith(CLOSE_AFTER):
                        break

    def close(self) -> None:
        self._server.close()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Script]]:
    made: list[Script] = []
    monkeypatch.setattr("mlfn.client.sending.PAUSES_S", (0.001, 0.001, 0.001))

    def play(*steps: Step) -> Script:
        made.append(Script(*steps))
        for name, value in {
            "AWS_ENDPOINT_URL": made[-1].url,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }.items():
            monkeypatch.setenv(name, value)
        return made[-1]

    yield play
    for each in made:
        each.close()


def call() -> Any:
    with Client("shop", prove=False) as client:
        return client.call("price", 1)


def test_a_throttled_call_is_made_again(script: Callable[..., Script]) -> None:
    played = script(answer(429, x_amzn_errortype="TooManyRequestsException"), answer(200))

    assert call() == 7
    assert len(played.requests) == 2


def test_a_call_that_stays_throttled_was_not_made(script: Callable[..., Script]) -> None:
    played = script(*[answer(429, b'{"Message": "Rate Exceeded."}', x_amzn_errortype="TooManyRequestsException")] * 4)

    with pytest.raises(CallRefusedError, match="price was not called: TooManyRequestsException: Rate Exceeded"):
        call()
    assert len(played.requests) == 4


def test_a_call_that_may_have_run_is_not_made_again(script: Callable[..., Script]) -> None:
    played = script(HANG_UP)

    with pytest.raises(CallUncertainError, match="price may or may not have run"):
        call()
    assert len(played.requests) == 1


def test_a_server_error_is_not_answered_with_another_call(script: Callable[..., Script]) -> None:
    played = script(answer(500, b"", x_amzn_errortype="ServiceException"))

    with pytest.raises(CallUncertainError, match="price gave no result: ServiceException"):
        call()
    assert len(played.requests) == 1


def test_a_connection_that_was_closed_meanwhile_costs_nothing(script: Callable[..., Script]) -> None:
    played = script(CLOSE_AFTER + answer(200, b"1"), answer(200, b"2"))

    with Client("shop", prove=False) as client:
        first = client.call("price", 1)
        while not _closed(client):
            pass
        second = client.call("price", 1)

    assert (first, second, len(played.requests)) == (1, 2, 2)


def _closed(client: Client) -> bool:
    """Whether the other side's FIN has arrived."""
    [transport] = client._sender._transports.values()
    [(connection, _)] = transport._idle
    connection.sock.settimeout(60)
    return connection.sock.recv(1, socket.MSG_PEEK) == b""


def test_connections_are_kept(script: Callable[..., Script]) -> None:
    played = script(answer(200, b"1"), answer(200, b"2"))

    with Client("shop", prove=False) as client:
        client.call("price", 1)
        client.call("price", 1)

    assert (len(played.requests), played.connections) == (2, 1)


def test_a_question_is_asked_again_until_it_is_answered(script: Callable[..., Script]) -> None:
    played = script(answer(502, b"x"), HANG_UP, answer(200, b'{"status": "RUNNING"}'))

    with Client("shop", prove=False, api_url=played.url) as client:
        assert client.find("later", "run").status == "RUNNING"
    assert len(played.requests) == 3


def test_a_function_error_is_not_tried_again(script: Callable[..., Script]) -> None:
    body = b'{"errorType": "MlfnAuditUnavailable", "errorMessage": "not now", "record": "abc"}'
    played = script(answer(200, body, x_amz_function_error="Unhandled"))

    with pytest.raises(CallFailedError, match="MlfnAuditUnavailable: not now") as caught:
        call()
    assert (caught.value.record, len(played.requests)) == ("abc", 1)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"errorMessage": 3}'])
def test_an_error_of_any_shape_is_told(script: Callable[..., Script], body: bytes) -> None:
    script(answer(200, body, x_amz_function_error="Unhandled"))

    with pytest.raises(CallFailedError, match="price answered Unknown"):
        call()


def test_a_proof_that_does_not_fit_is_an_error_before_the_call(script: Callable[..., Script]) -> None:
    long = (
        b"<r><WebIdentityToken>" + b"x" * 3000 + b"</WebIdentityToken><Expiration>2999-01-01T00:00:00Z</Expiration></r>"
    )
    script(answer(200, b"<r><Account>123456789012</Account></r>"), answer(200, long))

    with Client("shop") as client, pytest.raises(TargetError, match="a client context has room for 3583"):
        client.call("price", 1)


def test_a_path_is_signed_as_lambda_wants_it(script: Callable[..., Script]) -> None:
    """botocore, asked to sign the same request, gives the same signature."""
    played = script(answer(200))
    with Client("shop", prove=False, account="123456789012") as client:
        client.call("price", 1)

    head, _, body = played.requests[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    given = {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}
    assert "function%3Ashop-dev-price/invocations?Qualifier=live" in line
    signed = {name: given[name] for name in ("content-type", "x-amz-client-context")}
    request = AWSRequest("POST", f"{played.url}{line.split()[1]}", signed, body)
    request.context["timestamp"] = given["x-amz-date"]
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "lambda", "eu-west-1")
    request.headers["X-Amz-Date"] = given["x-amz-date"]
    assert (
        signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        in given["authorization"]
    )


def test_a_message_goes_to_the_endpoint_of_its_service(
    script: Callable[..., Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    played = script(answer(200))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", played.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with Client("shop", prove=False) as client:
        sender: Sender = client._sender

        assert sender.send("sts", Message(method="GET", path="/"), timeout_s=5).status == 200
