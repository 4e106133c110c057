"""What an emulator that nobody asks for anything has not loaded: each of these is half a megabyte or more."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

START = """
import asyncio, os, sys
from pathlib import Path
from mlfn_localstack.instance import Instance, InstanceSettings

async def start():
    instance = Instance(InstanceSettings(state_dir=Path(sys.argv[1]), port=0))
    await instance.start()
    await instance.emulator.start()
    print(*sys.modules, sep="\\n", flush=True)
    os._exit(0)

asyncio.run(start())
"""
HEAVY = frozenset(
    [
        "botocore",
        "boto3",
        "cryptography",
        "email.parser",
        "html",
        "http.client",
        "jsonata",
        "pickle",
        "tarfile",
        "xml.etree.ElementTree",
        "yaml",
        "zipfile",
        "zoneinfo",
    ]
)


def test_nothing_heavy_is_loaded_before_it_is_needed(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", START, str(tmp_path)], check=True, capture_output=True, text=True)

    assert "mlfn_localstack.services.s3" in done.stdout.split()
    assert not HEAVY.intersection(done.stdout.split())
