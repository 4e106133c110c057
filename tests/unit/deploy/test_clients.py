"""What a command pays for the clients of a target."""

from __future__ import annotations

import subprocess
import sys


def test_the_clients_come_without_the_deployer() -> None:
    script = (
        "import sys, mlfn_deployers.aws.api.clients;"
        "print(*sorted(name for name in sys.modules if name.startswith('mlfn_deployers.aws')))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == [
        "mlfn_deployers.aws",
        "mlfn_deployers.aws.api",
        "mlfn_deployers.aws.api.clients",
        "mlfn_deployers.aws.api.plain_answers",
    ]
