"""When the emulator is killed, its functions die with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.fixtures.lambda_lab import Lab
async def main():
    lab = Lab(Path(sys.argv[1]))
    await lab.create("import os\\ndef handler(event, context):\\n    return os.getpid()")
    print((await lab.invoke())[0], flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def test_a_frozen_function_dies_with_a_killed_emulator(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), root]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        pid = int(emulator.stdout.readline())

        emulator.kill()

    deadline = time.monotonic() + 5
    while _alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
