"""Put other people's tools into `.tools/`: `python -m tests.conformance.fetch` (all) or `… fetch awscli js`.

Each at a fixed version, nothing is done for one that is there. `js` and `dynamodb-local` need npm, `debian-base`
mmdebstrap.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.conformance.dynamodb.fetch import fetch as fetch_dynamodb_local

from mlfn_engine.base_images.debian import PACKAGES as DEBIAN_PACKAGES
from mlfn_engine.base_images.debian import SUITE, DebianBase, make_debian_base
from mlfn_engine.reporting import SilentReporter

TOOLS = Path(__file__).resolve().parents[2] / ".tools"
PACKAGES = Path(__file__).parent / "clients" / "js"
AWSCLI = "awscli==1.46.3"
CHECKOV_CLI = "checkov==3.3.30"
MINISTACK_PACKAGES = ("ministack==1.5.33", "cryptography==50.0.2")  # as its KMS needs for keys that sign
MINISTACK = TOOLS / "peers" / "ministack" / "bin" / "ministack"
SAM_CLI = "aws-sam-cli==1.170.0"
SAM_TRANSLATOR = "aws-sam-translator==1.115.0"
AWS = TOOLS / "awscli" / "bin" / "aws"
CHECKOV = TOOLS / "checkov" / "bin" / "checkov"
SAM_PYTHON = TOOLS / "sam-translator" / "bin" / "python"
JS = TOOLS / "js"
RIE = TOOLS / "rie" / "aws-lambda-rie"
DEBIAN_BASE = TOOLS / "debian-base" / "layout"


def fetch_awscli() -> Path:
    """The AWS CLI, in a virtual environment of its own."""
    return _own_environment(AWS, AWSCLI)


def fetch_checkov() -> Path:
    """checkov, whose pins conflict with ours, in a virtual environment of its own."""
    return _own_environment(CHECKOV, CHECKOV_CLI)


def fetch_sam_translator() -> Path:
    """The Python of a virtual environment that has AWS SAM's translator, which pins another pydantic than ours."""
    return _own_environment(SAM_PYTHON, SAM_TRANSLATOR)


def _own_environment(program: Path, requirement: str) -> Path:
    home = program.parents[1]
    if not _same(home / "installed", requirement):
        _run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(home))
        python = str(program.parent / "python")
        _run("uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python, requirement)
        (home / "installed").write_text(requirement)
    return program


def fetch_js() -> Path:
    """The AWS SDK for JavaScript v3, as package-lock.json pins it."""
    lock = (PACKAGES / "package-lock.json").read_text()
    if not _same(JS / "installed", lock):
        JS.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGES / name, JS)
        _run("npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(JS))
        (JS / "installed").write_text(lock)
    return JS


def fetch_rie() -> Path:
    """AWS's Runtime Interface Emulator; it comes with the wheel of aws-sam-cli."""
    if not _same(RIE.parent / "installed", SAM_CLI):
        RIE.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary:
            _run("pip", "download", "--quiet", "--no-deps", "--dest", temporary, SAM_CLI)
            (wheel,) = Path(temporary).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                RIE.write_bytes(archive.read("samcli/local/rapid/aws-lambda-rie-x86_64"))
        RIE.chmod(0o755)
        (RIE.parent / "installed").write_text(SAM_CLI)
    return RIE


def fetch_debian_base() -> Path:
    """A base image of Debian packages, as `mlfn base debian` makes it."""
    wanted = " ".join((SUITE, *DEBIAN_PACKAGES))
    if not _same(DEBIAN_BASE.parent / "installed", wanted):
        DEBIAN_BASE.parent.mkdir(parents=True, exist_ok=True)
        make_debian_base(DebianBase(), DEBIAN_BASE, SilentReporter())
        (DEBIAN_BASE.parent / "installed").write_text(wanted)
    return DEBIAN_BASE


def fetch_ministack() -> Path:
    """MiniStack, which pins another botocore than ours, in a virtual environment of its own."""
    mark = MINISTACK.parents[1] / "installed"
    if not _same(mark, " ".join(MINISTACK_PACKAGES)):
        python = MINISTACK.parent / "python"
        _run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(MINISTACK.parents[1]))
        _run("uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *MINISTACK_PACKAGES)
        mark.write_text(" ".join(MINISTACK_PACKAGES))
    return MINISTACK


FETCHES: Mapping[str, Callable[[], Path]] = {
    "awscli": fetch_awscli,
    "checkov": fetch_checkov,
    "js": fetch_js,
    "rie": fetch_rie,
    "sam-translator": fetch_sam_translator,
    "ministack": fetch_ministack,
    "dynamodb-local": fetch_dynamodb_local,
    "debian-base": fetch_debian_base,
}


def _same(mark: Path, wanted: str) -> bool:
    return mark.exists() and mark.read_text() == wanted


def _run(tool: str, *arguments: str) -> None:
    """Run npm, or a Python tool of this environment."""
    command = [tool] if tool == "npm" else [sys.executable, "-m", tool]
    subprocess.run([*command, *arguments], check=True, stdin=subprocess.DEVNULL)


def main(names: list[str]) -> None:
    """Fetch what is named, or everything."""
    unknown = [name for name in names if name not in FETCHES]
    if unknown:
        sys.exit(f"Unknown: {', '.join(unknown)}. There is: {', '.join(FETCHES)}.")
    for name in names or FETCHES:
        sys.stdout.write(f"{name}: {FETCHES[name]()}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
