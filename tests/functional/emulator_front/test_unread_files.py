"""Files that a client asks for and does not read: neither they nor the connection stay open."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from mlfn_localstack.cohort import Cohort
from mlfn_localstack.connection import ConnectionSettings
from mlfn_localstack.http import FileSlice, HttpRequest, HttpResponse, ready_now
from mlfn_localstack.http_body import BodyLimit
from mlfn_localstack.server import HttpServer, listen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from pathlib import Path

CEILING_S = 60
SIZE = 32 << 20
"""More than a socket takes of what nobody reads."""


def test_a_client_that_does_not_read_is_let_go_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * SIZE)
    file = path.open("rb")

    def answers(requests: Sequence[HttpRequest]) -> Sequence[Awaitable[HttpResponse]]:
        part = FileSlice(path=path, offset=0, length=SIZE, opened=file)
        return [ready_now(HttpResponse(status=200, file=part)) for _ in requests]

    async def scenario() -> None:
        limit = BodyLimit(max_bytes=0)
        settings = ConnectionSettings(cohort=Cohort(answers), limit=lambda _: limit, idle_timeout_s=0.2)
        server = HttpServer(settings)
        await server.start(listen("127.0.0.1", 0))
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            async with asyncio.timeout(CEILING_S):
                while not file.closed:
                    await asyncio.sleep(0.02)
        await server.stop()

    asyncio.run(scenario())


def test_a_file_is_sent_whole_piece_by_piece(tmp_path: Path) -> None:
    path, content = tmp_path / "file", bytes(range(256)) * (SIZE // 256)
    path.write_bytes(content)

    def answers(requests: Sequence[HttpRequest]) -> Sequence[Awaitable[HttpResponse]]:
        part = FileSlice(path=path, offset=5, length=SIZE - 10)
        return [ready_now(HttpResponse(status=200, file=part)) for _ in requests]

    async def scenario() -> bytes:
        settings = ConnectionSettings(cohort=Cohort(answers), limit=lambda _: BodyLimit(max_bytes=0))
        server = HttpServer(settings)
        await server.start(listen("127.0.0.1", 0))
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        received = await reader.read(-1)
        writer.close()
        await server.stop()
        return received.partition(b"\r\n\r\n")[2]

    assert asyncio.run(scenario()) == content[5:-5]
