"""When the emulator is killed, functions with processes of their own die with all they started.

Under the other runners, what a function started may live until the emulator starts again.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

SCRIPT = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.fixtures.lambda_lab import Lab
CODE = '''
import subprocess, sys
def handler(event, context):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", event])
'''
async def main():
    lab = Lab(Path(sys.argv[1]), {"lambda_runner": sys.argv[3]})
    await lab.create(CODE)
    await lab.invoke(f"child-of-{Path(sys.argv[1]).name}")
    print("frozen", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def test_functions_and_their_children_die_with_a_killed_emulator(bwrap: str, tmp_path: Path) -> None:
    root, marker = str(Path(__file__).parents[3]), f"child-of-{tmp_path.name}".encode()
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), root, bwrap]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        assert emulator.stdout.readline() == "frozen\n"
        before = running(marker)

        emulator.kill()

    deadline = time.monotonic() + 5
    while running(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert before
    assert not running(marker)


def running(argument: bytes) -> list[str]:
    """The processes that have an argument and have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found
