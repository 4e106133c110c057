"""Load on one address: requests signed ahead, sent again and again by many clients (wrk, else asyncio)."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("replay.lua")
TIMEOUT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What came back."""

    per_s: float
    p50_ms: float
    p99_ms: float
    failed: int
    """Answers that were errors, and requests without one."""


def loader() -> str:
    """What makes the load on this machine."""
    return "wrk" if shutil.which("wrk") else "asyncio (apt-get install wrk for less load by the client itself)"


def run(port: int, requests: list[bytes], *, clients: int, seconds: float) -> Rate:
    """Send `requests` in turn for so long."""
    if shutil.which("wrk"):
        return _wrk(port, requests, clients, seconds)
    return asyncio.run(_asyncio(port, requests, clients, seconds))


def _wrk(port: int, requests: list[bytes], clients: int, seconds: float) -> Rate:
    with tempfile.NamedTemporaryFile(prefix="mlfn-bench-") as file:
        for request in requests:
            file.write(b"%d\n%b" % (len(request), request))
        file.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", f"--timeout={TIMEOUT_S}s"]
        command += ["-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--", file.name]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = json.loads(output.splitlines()[-1])
    return Rate(
        per_s=(figures["requests"] - figures["failed"]) / figures["seconds"],
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        failed=figures["failed"],
    )


async def _asyncio(port: int, requests: list[bytes], clients: int, seconds: float) -> Rate:
    times: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    async def client(first: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        position = first
        while (started := time.perf_counter()) < end:
            writer.write(requests[position % len(requests)])
            status = await asyncio.wait_for(_status(reader), TIMEOUT_S)
            times.append(time.perf_counter() - started)
            failed += status >= 400
            position += clients
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(client(first) for first in range(clients)))
    times.sort()
    return Rate(
        per_s=(len(times) - failed) / (time.perf_counter() - begun),
        p50_ms=statistics.median(times) * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        failed=failed,
    )


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of one answer, which is read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    if length:
        await reader.readexactly(int(length))
    elif b"chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(head.split(b" ", 2)[1])
