"""Requests that no HTTP client sends."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import pytest
from tests.faults.emulator.conftest import Prey
from tests.faults.emulator.malformed.odd_http import ODD
from tests.faults.emulator.malformed.signing import to_bytes
from tests.faults.emulator.malformed.targets import get_item
from tests.faults.emulator.malformed.wire import HANG_S, exchange

HEALTH = b"GET /_localstack/health HTTP/1.1\r\nHost: h\r\n"

pytestmark = pytest.mark.xdist_group("emulator-odd-http")


def assert_still_answers(prey: Prey) -> None:
    """A good call is answered, at once."""
    answer = exchange(prey.port, prey.signer.signed(get_item()))
    assert (answer.status, answer.hung) == (200, False)
    assert answer.elapsed_s < HANG_S


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_refused_or_closed(prey: Prey, name: str) -> None:
    answer = exchange(prey.port, ODD[name])

    assert not answer.hung
    assert answer.elapsed_s < HANG_S
    assert answer.status is None or 400 <= answer.status < 500, answer.raw[:300]
    assert 200 not in answer.statuses
    assert_still_answers(prey)


@pytest.mark.parametrize("cut", [1, 20, 40, 75, 120])
def test_a_request_that_ends_early_is_closed(prey: Prey, cut: int) -> None:
    answer = exchange(prey.port, prey.signer.signed(get_item())[:-cut])

    assert (answer.status, answer.hung) == (None, False)
    assert answer.elapsed_s < HANG_S


def test_a_client_that_says_no_more_still_gets_every_answer(prey: Prey) -> None:
    assert exchange(prey.port, (HEALTH + b"\r\n") * 3).statuses == [200, 200, 200]


def test_slow_clients_keep_nobody_waiting(prey: Prey) -> None:
    slow = [socket.create_connection(("127.0.0.1", prey.port), timeout=5) for _ in range(300)]
    for number, client in enumerate(slow):
        client.sendall((HEALTH + b"X: ") if number % 2 else b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na")

    assert_still_answers(prey)
    for client in slow:
        client.close()
    assert_still_answers(prey)


def test_clients_that_do_not_read_keep_nobody_waiting_and_fill_no_memory(prey: Prey) -> None:
    large = {"pk": {"S": "a"}, "body": {"S": "x" * 300_000}}
    prey.client("dynamodb").put_item(TableName="things", Item=large)
    request = to_bytes(replace(get_item(), headers=prey.signer.headers(get_item())), close=False)
    before = prey.emulator.resident_mb()
    deaf = [socket.create_connection(("127.0.0.1", prey.port), timeout=5) for _ in range(3)]
    for client in deaf:
        client.sendall(request * 500)
    time.sleep(0.5)

    assert prey.emulator.resident_mb() - before < 40
    for client in deaf:
        client.close()
    assert_still_answers(prey)


def test_connections_that_are_cut_leave_nothing_behind(prey: Prey) -> None:
    request = prey.signer.signed(get_item())
    before = prey.emulator.resident_mb()

    def cut() -> None:
        for size in range(1, len(request), 3):
            client = socket.create_connection(("127.0.0.1", prey.port), timeout=5)
            client.sendall(request[:size])
            client.close()

    threads = [threading.Thread(target=cut) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.1)

    assert_still_answers(prey)
    assert prey.emulator.resident_mb() - before < 20
