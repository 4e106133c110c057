"""pip in uv's place where uv is not installed: the same wheels for the same platform, locked by hash.

pip chooses files for another platform when it is told which tags fit, but judges conditions of requirements
(`; python_version < "3.12"`) by the interpreter that runs it; so it is run with the target's values put in their place.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn.errors import BuildError, DependencyError
from mlfn_engine.platforms import LAMBDA_GLIBC, description
from mlfn_engine.values import Architecture, Base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.images.values import Platform
    from mlfn_engine.projects.package_settings import PackageSettings

RUN = """\
import json, runpy, sys
from pip._vendor.packaging import markers
values = {**markers.default_environment(), **json.loads(sys.argv.pop(1))}
markers.default_environment = lambda: dict(values)
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
OLDEST = {Architecture.X86_64: 5, Architecture.ARM64: 17}
"""The minor versions of glibc 2 with which manylinux begins."""
LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_UNREACHABLE = re.compile(r"NewConnectionError|ConnectTimeoutError|Max retries exceeded|ConnectionError")
_NOT_FOUND = re.compile(r"No matching distribution found for ([A-Za-z0-9][\w.-]*)([^\s(]*)")
_UNREADABLE = re.compile(r"Invalid requirement: (.+?)(?::|\s*$)", re.M)
_CLASH = re.compile(r"Cannot install (.+?) because these package versions have conflicting dependencies", re.S)
_WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES.*?\n\s+(\S+)", re.S)


def resolve(lines: tuple[str, ...], platform: Platform, root: Path, settings: PackageSettings) -> str:
    """A hash-locked requirements.txt, as uv would write it but for the hashes of other platforms' files.

    Raises:
        DependencyError: a requirement has no wheel there.
        BuildError: pip is missing as well, or cannot do what the project asks of uv.
    """
    _check(platform, settings)
    with tempfile.TemporaryDirectory(prefix="mlfn-lock-") as directory:
        wanted, report = Path(directory, "requirements.in"), Path(directory, "report.json")
        wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
        arguments = ["install", "--dry-run", "--ignore-installed", "--target", str(Path(directory, "none"))]
        arguments += ["--report", str(report), "-r", str(wanted), *_wheels(settings.allow_sdist)]
        _run([*arguments, *_options(platform)], root, platform)
        found = json.loads(report.read_bytes())["install"]
    return "".join(sorted(map(_pinned, found)))


def install(locked: Path, platform: Platform, directory: Path, tree: Path) -> None:
    """Install a lock into a directory."""
    arguments = ["install", "--target", str(tree), "-r", str(locked), "--require-hashes", "--no-deps", "--no-compile"]
    _run([*arguments, *_options(platform)], directory, platform)


def _check(platform: Platform, settings: PackageSettings) -> None:
    asked = [
        what
        for what, is_asked in (
            ("[tool.uv] override-dependencies", settings.overrides),
            ("the index in [tool.uv]", '"index' in settings.uv),
            ("allow-sdist for AWS", settings.allow_sdist and platform.base is not Base.HOST),
        )
        if is_asked
    ]
    if asked:
        raise BuildError(
            f"uv is not installed, and pip, which takes its place, knows no {', no '.join(asked)}.",
            hint="Install uv beside mlfn: pip install uv.",
        )


def _wheels(allow_sdist: tuple[str, ...]) -> list[str]:
    return ["--only-binary", ":all:", *(option for name in allow_sdist for option in ("--no-binary", name))]


def _options(platform: Platform) -> list[str]:
    """What fits the platform; nothing for the machine that runs now."""
    if platform.base is Base.HOST:
        return []
    options = ["--python-version", platform.python, "--implementation", "cp", "--only-binary", ":all:"]
    return [*options, *(option for tag in _tags(platform) for option in ("--platform", tag))]


def _tags(platform: Platform) -> Iterator[str]:
    processor = _processor(platform)
    newest = int((platform.glibc or LAMBDA_GLIBC).split(".")[1])
    for minor in range(newest, OLDEST[platform.architecture] - 1, -1):
        yield f"manylinux_2_{minor}_{processor}"
        if minor in LEGACY:
            yield f"{LEGACY[minor]}_{processor}"


def _processor(platform: Platform) -> str:
    return "x86_64" if platform.architecture is Architecture.X86_64 else "aarch64"


def _markers(platform: Platform) -> dict[str, str]:
    """The values of PEP 508's conditions on the platform."""
    if platform.base is Base.HOST:
        return {}
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{platform.python}.0",
        "os_name": "posix",
        "platform_machine": _processor(platform),
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{platform.python}.0",
        "python_version": platform.python,
        "sys_platform": "linux",
    }


def _pinned(found: dict[str, Any]) -> str:
    metadata, archive = found["metadata"], found["download_info"].get("archive_info", {})
    digest = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix("sha256=")
    name = re.sub(r"[-_.]+", "-", metadata["name"]).lower()
    return f"{name}=={metadata['version']} \\\n    --hash=sha256:{digest}\n"


def _run(arguments: list[str], root: Path, platform: Platform) -> None:
    if importlib.util.find_spec("pip") is None:
        raise BuildError("Neither uv nor pip is installed.", hint="Install pip, and with it uv: python -m ensurepip.")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-color"]
    command = [sys.executable, "-c", RUN, json.dumps(_markers(platform)), *arguments, *quiet]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        error = refusal(done.stderr, platform)
        error.add_note(done.stderr)
        raise error


def refusal(stderr: str, platform: Platform) -> DependencyError:
    """What pip's message means for the user."""
    where = description(platform)
    if _UNREACHABLE.search(stderr):
        return DependencyError(
            f"The package index cannot be reached, so the requirements for {where} are not resolved.",
            hint="Check the network and pip's index settings (PIP_INDEX_URL), then try again.",
        )
    if found := _WRONG_HASH.search(stderr):
        return DependencyError(
            f"The file the index served for {found[1]} is not the one that was locked.",
            hint="Find out who changed it before you use it; a new lock accepts the new file.",
        )
    if found := _CLASH.search(stderr):
        return DependencyError(
            f"The requirements for {where} contradict each other: {' '.join(found[1].split())}.",
            hint="Loosen one of them.",
        )
    if found := _NOT_FOUND.search(stderr):
        return DependencyError(
            f"There is no wheel of {found[1]}{found[2]} for {where}.",
            hint="Check its spelling; require a version that has one, or replace the package.",
        )
    if found := _UNREADABLE.search(stderr):
        return DependencyError(
            f"{found[1].strip()} is not a requirement.", hint='Write requirements like "numpy>=2" (PEP 508).'
        )
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    last = lines[-1].rstrip(".") if lines else "pip said nothing"
    return DependencyError(
        f"The requirements for {where} could not be resolved: {last}.",
        hint="Install uv beside mlfn (pip install uv), whose messages say more.",
    )
