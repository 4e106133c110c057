"""A base image out of Debian packages, for those without a registry: Python and what its wheels load, no shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.base_images.debian_archive import repack
from mlfn_engine.base_images.layout_writer import write_layout
from mlfn_engine.oci.packing import source_date_epoch
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from mlfn_engine.reporting import Reporter

SUITE = "bookworm"
PACKAGES = (
    "base-files",
    "ca-certificates",
    "libc6",
    "libgomp1",
    "libpython3-stdlib",
    "libstdc++6",
    "netbase",
    "python3-minimal",
    "tzdata",
)
_RECORD = (
    'for deb in "$1"/var/cache/apt/archives/*.deb; do '
    'dpkg-deb -f "$deb" Package Version Architecture; echo "Status: install ok installed"; echo; '
    'done > "$1/var/lib/dpkg/status"'
)
"""Nothing is configured, so that dpkg keeps no record; whoever looks for vulnerable packages needs one."""

_ARCHITECTURES = {Architecture.X86_64: "amd64", Architecture.ARM64: "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianBase:
    """What to make."""

    suite: str = SUITE
    mirrors: tuple[str, ...] = ()
    """apt's sources; empty: those that the suite has by default. `file:` and `copy:` need no network."""
    packages: tuple[str, ...] = ()
    """Further packages, such as libgl1."""
    architecture: Architecture = Architecture.X86_64


def make_debian_base(base: DebianBase, target: Path, reporter: Reporter) -> str:
    """Write an OCI image layout; the digest of its manifest. The same packages give the same bytes.

    Raises:
        BuildError: mmdebstrap is missing or fails, or the target cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".base-") as directory:
        tar, blob = Path(directory, "root.tar"), Path(directory, "layer")
        reporter.report("base image", f"installing {base.suite} with mmdebstrap")
        _bootstrap(base, tar)
        reporter.report("base image", "packing")
        with blob.open("wb") as file:
            layer = repack(tar, file, source_date_epoch())
        return write_layout(blob, layer, base.architecture, target, f"Debian {base.suite}")


def _bootstrap(base: DebianBase, tar: Path) -> None:
    program = shutil.which("mmdebstrap")
    if program is None:
        raise BuildError(
            "mmdebstrap is not installed.",
            hint="On Debian and Ubuntu: apt-get install mmdebstrap. Elsewhere name a registry's image as base.",
        )
    arguments = ["--variant=extract", "--quiet", "--skip=output/dev", "--format=tar", f"--extract-hook={_RECORD}"]
    arguments += [f"--architectures={_ARCHITECTURES[base.architecture]}"]
    arguments += [f"--include={','.join((*PACKAGES, *base.packages))}"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(source_date_epoch())}
    done = subprocess.run(
        [program, *arguments, base.suite, str(tar), *base.mirrors],
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise BuildError(
            f"mmdebstrap cannot make {base.suite}: {_reason(done.stderr)}.",
            hint="Check that apt reaches its mirror, or name another with --mirror; mmdebstrap itself tells more.",
        )


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line[2:].strip() for line in lines if line.startswith("E:")]
    return (errors or lines or ["it said nothing"])[0].rstrip(".")
