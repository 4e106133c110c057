"""Connections of functions: none is left open by an environment that ends."""

from __future__ import annotations

import asyncio
import socket

from mlfn_localstack.services.lambda_.execution.accepting import Acceptor


class Farewell(asyncio.Protocol):
    """Hangs up on whoever is connected."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def test_who_was_accepted_just_before_the_end_is_connected_after_it() -> None:
    async def scenario() -> bytes:
        listener = socket.create_server(("127.0.0.1", 0))
        acceptor = Acceptor(listener, Farewell)
        with socket.create_connection(("127.0.0.1", acceptor.port), timeout=10) as client:
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # it is accepted now, and not yet connected
            acceptor.close()
            return await asyncio.to_thread(client.recv, 1)

    assert asyncio.run(scenario()) == b""


def test_everybody_is_accepted_until_the_end() -> None:
    async def scenario() -> list[bytes]:
        acceptor = Acceptor(socket.create_server(("127.0.0.1", 0)), Farewell)
        clients = [socket.create_connection(("127.0.0.1", acceptor.port), timeout=10) for _ in range(50)]
        try:
            return [await asyncio.to_thread(client.recv, 1) for client in clients]
        finally:
            acceptor.close()
            for client in clients:
                client.close()

    assert asyncio.run(scenario()) == [b""] * 50
