"""The emulators we compare with, each in a virtual environment of its own: python bench/peers.py [install]."""

from __future__ import annotations

import argparse
import subprocess
import sys

from emulators.subjects import PEERS

REQUIREMENTS = {"ministack": "ministack==1.5.33", "moto": "moto[server]==5.2.5"}
"""MiniStack pins botocore, so that it cannot share an environment with us."""


def main() -> None:
    """Install them, or say which are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("install", choices=["install"], nargs="?", help="install them first")
    wanted = parser.parse_args().install
    for name, requirement in REQUIREMENTS.items():
        if wanted:
            install(name, requirement)
        there = (PEERS / name / "bin" / "python").exists()
        print(f"{requirement}: {PEERS / name if there else 'not installed (python bench/peers.py install)'}")


def install(name: str, requirement: str) -> None:
    """A virtual environment with one of them, compiled: they are not to do that at every start."""
    uv = [sys.executable, "-m", "uv"]
    python = f"3.{sys.version_info.minor}"
    subprocess.run([*uv, "venv", "--quiet", "--allow-existing", "--python", python, str(PEERS / name)], check=True)
    interpreter = str(PEERS / name / "bin" / "python")
    options = ["--quiet", "--compile-bytecode", "--python", interpreter]
    subprocess.run([*uv, "pip", "install", *options, requirement], check=True)


if __name__ == "__main__":
    main()
