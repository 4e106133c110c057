"""The contract of Knative, Cloud Run and ECS: a port, calls, health, an orderly end; audited as in Lambda."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.functional.serving.conftest import APP

if TYPE_CHECKING:
    from tests.functional.serving.conftest import Serve, Served


def test_a_call_is_answered_with_its_record_and_audited(serve: Serve) -> None:
    server = serve().wait()

    status, headers, body = server.request("POST", "/models/act", b'"hello"', **{"user-agent": "tests"})

    assert (status, body.split()[0]) == (200, "hello")
    server.stop()
    (record,) = server.table.records()
    assert headers["mlfn-record"] == record.id
    assert (record.phase, record.model, record.path) == ("completed", "acts.act", "http_open")
    assert (record.caller, record.assurance, record.source_ip, record.user_agent) == (
        "anonymous",
        0,
        "127.0.0.1",
        "tests",
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "title"),
    [
        ("POST", "/models/act", b"1", {}, 400, "ContractError"),
        ("POST", "/models/act", b"{", {}, 400, "ContractError"),
        ("POST", "/models/act", b'"x"', {"content-type": "text/csv"}, 415, "UnsupportedMediaType"),
        ("POST", "/models/act", b'"raise"', {}, 500, "ValueError"),
        ("POST", "/models/other", b'"x"', {}, 404, "NotFound"),
        ("GET", "/models/act", None, {}, 405, "MethodNotAllowed"),
        ("POST", "/models/act", b'"' + b"x" * (6 << 20) + b'"', {}, 413, "BadRequest"),
    ],
)
def test_what_goes_wrong_is_a_problem_as_at_the_api(
    serve: Serve, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int, title: str
) -> None:
    found, kind, problem = serve().wait().request(method, path, body, **headers)

    assert (found, problem["title"], kind["content-type"]) == (status, title, "application/problem+json")


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"POST http://evil/ HTTP/1.1\r\n\r\n",
        b"POST /models/act HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /models/act HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /models/act HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /models/act HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST /models/act HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_a_malformed_request_gets_a_4xx_and_the_next_caller_an_answer(serve: Serve, raw: bytes) -> None:
    server = serve().wait()

    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(raw)
        assert connection.recv(100).startswith(b"HTTP/1.1 4")

    assert server.call("x")[0] == 200


def test_a_chunked_body_and_a_kept_alive_connection_are_taken(serve: Serve) -> None:
    server = serve().wait()
    call = b'POST /models/act HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n"he\r\n4\r\nllo"\r\n0\r\n\r\n'

    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for _ in range(2):
            connection.sendall(call)
            assert b'"hello ' in answer(connection)


def answer(connection: socket.socket) -> bytes:
    """One answer with a body."""
    found = b""
    while b"\r\n\r\n" not in found or not found.endswith(b'"'):
        found += connection.recv(65_536)
    return found


def test_health_is_told_while_a_call_runs(serve: Serve) -> None:
    server = serve().wait()

    with ThreadPoolExecutor() as pool:
        call = pool.submit(server.call, "sleep1")
        began = time.monotonic()
        statuses = {server.request("GET", path)[0] for path in ("/health", "/healthz", "/ready")}
        asked_s = time.monotonic() - began
        assert call.result()[0] == 200

    assert statuses == {200}
    assert asked_s < 1


@pytest.mark.parametrize("workers", [1, 3])
def test_concurrency_is_how_many_calls_run_at_once(serve: Serve, workers: int) -> None:
    server = serve(MLFN_CONCURRENCY=str(workers)).wait()

    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = list(pool.map(server.call, ["sleep0.1"] * 6))

    assert [status for status, _ in answers] == [200] * 6
    assert 1 <= len({body.split()[1] for _, body in answers}) <= workers
    server.stop()
    assert len({record.writer for record in server.table.records()}) <= workers
    assert len(server.table.records()) == 6


def test_a_call_that_takes_too_long_gets_504_and_the_next_an_answer(serve: Serve) -> None:
    server = serve(timeout_s=1).wait()

    status, problem = server.call("sleep30")

    assert (status, problem["title"]) == (504, "Function.Timeout")
    assert server.call("x")[0] == 200


def test_a_model_that_ends_its_process_costs_its_own_call_alone(serve: Serve) -> None:
    server = serve().wait()

    status, problem = server.call("exit")

    assert (status, problem["title"]) == (502, "Runtime.ExitError")
    assert server.call("x")[0] == 200


def test_a_term_signal_lets_the_running_call_finish_and_takes_no_other(serve: Serve) -> None:
    server = serve().wait()

    with ThreadPoolExecutor() as pool:
        call = pool.submit(server.call, "sleep1")
        while b'"started"' not in server.log.read_bytes():
            time.sleep(0.01)
        server.process.terminate()
        assert call.result()[0] == 200

    assert server.process.wait(60) == 0
    with pytest.raises(ConnectionError):
        server.call("x")


def test_a_model_that_cannot_be_loaded_ends_the_server(serve: Serve) -> None:
    server = serve("import no_such_module")

    assert server.process.wait(60) == 1
    assert "No module named 'no_such_module'" in server.log.read_text()


@pytest.mark.parametrize("setting", [{"PORT": "x"}, {"MLFN_CONCURRENCY": "-1"}, {"PORT": "70000"}])
def test_a_setting_that_is_no_number_is_told(serve: Serve, setting: dict[str, str]) -> None:
    server = serve(**setting)

    assert server.process.wait(60) == 1
    assert "which is no number up to" in server.log.read_text()


def test_callers_of_a_restricted_model_are_turned_away_since_nobody_vouches_for_them(serve: Serve) -> None:
    server: Served = serve()
    server.stop()
    manifest = server.log.parent / "mlfn-manifest.json"
    manifest.write_text(manifest.read_text().replace('"kind"', '"allow": ["arn:aws:iam::1:user/jane"], "kind"'))

    again = type(server)(server.log.parent, server.table).wait()

    assert again.call("x")[0] == 403
    again.stop()


def test_it_says_that_it_lives_while_the_model_still_loads(serve: Serve) -> None:
    slow = "import time\ntime.sleep(3)\n" + APP
    server = serve(slow)

    while True:
        try:
            status, _, told = server.request("GET", "/live")
            break
        except ConnectionError:
            time.sleep(0.02)

    assert (status, told) == (200, {"status": "alive"})
    assert server.request("GET", "/ready")[0] == 503


def test_a_record_tells_the_service_and_the_revision_that_answered(serve: Serve) -> None:
    named = {"AWS_LAMBDA_FUNCTION_NAME": "acts-dev-act", "AWS_LAMBDA_FUNCTION_VERSION": "acts-dev-act-0123456789ab"}
    server = serve(**named).wait()

    server.call("x")

    server.stop()
    (record,) = server.table.records()
    assert (record.function, record.function_version) == ("acts-dev-act", "acts-dev-act-0123456789ab")
