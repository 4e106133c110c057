"""Put AWS's DynamoDB Local into `.tools/`: `python -m tests.conformance.fetch dynamodb-local`.

It needs npm; running the jar needs Java. The jar comes with the npm package `amplify-dynamodb-simulator`, at a fixed
version.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "amplify-dynamodb-simulator@2.9.30"
DIRECTORY = Path(__file__).resolve().parents[3] / ".tools" / "dynamodb-local"


def fetch(directory: Path = DIRECTORY) -> Path:
    """The directory that holds the jar, filled if it was not."""
    if (directory / "DynamoDBLocal.jar").exists():
        return directory
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run(["npm", "pack", PACKAGE, "--silent"], cwd=temporary, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(temporary).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(temporary, filter="data")
        directory.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(temporary) / "package" / "emulator", directory)
    return directory


if __name__ == "__main__":
    sys.stdout.write(f"{fetch()}\n")
