"""Locks and what is installed from them, against the real package index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.functional.build.elf_files import ARM64, X86_64, elf

from mlfn.errors import DependencyError
from mlfn_engine.builders.installed import installed
from mlfn_engine.builders.shared_libraries import check_libraries
from mlfn_engine.dependencies.requirements import lock, locked_version, own_version
from mlfn_engine.images.values import Platform, RequirementsLayer
from mlfn_engine.platforms import host_platform, lambda_platform
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.build.conftest import Project

LAMBDA = lambda_platform(Architecture.ARM64)


def test_every_lock_has_pydantic_core_in_the_version_that_made_the_schemas(tmp_path: Path, cache: Path) -> None:
    locked = lock(("six",), LAMBDA, tmp_path, cache=cache)

    assert locked_version(locked, "pydantic-core") == own_version("pydantic-core")
    assert locked_version(locked, "six") is not None


def test_an_app_with_another_pydantic_keeps_the_core_that_fits_it(tmp_path: Path, cache: Path) -> None:
    locked = lock(("pydantic==2.9.2",), LAMBDA, tmp_path, cache=cache)

    assert locked_version(locked, "pydantic-core") == "2.23.4"


def test_a_lock_is_made_once(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lock(("six",), LAMBDA, tmp_path, cache=cache)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")

    assert lock((" six ", ""), LAMBDA, tmp_path, cache=cache) == first
    with pytest.raises(DependencyError):
        lock(("six", "idna"), LAMBDA, tmp_path, cache=cache)


def test_a_requirement_without_a_wheel_for_the_target_is_a_sentence_with_the_next_step(
    tmp_path: Path, cache: Path
) -> None:
    with pytest.raises(DependencyError) as caught:
        lock(("sgmllib3k==1.0.0",), LAMBDA, tmp_path, cache=cache)

    assert caught.value.message == f"There is no wheel of sgmllib3k==1.0.0 for Lambda (arm64, Python {LAMBDA.python})."
    assert 'allow-sdist = ["sgmllib3k"]' in caught.value.hint


def test_a_project_may_allow_a_build_by_name(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project({"pyproject.toml": '[tool.mlfn]\nallow-sdist = ["sgmllib3k"]\n'})

    locked = lock(("sgmllib3k==1.0.0",), host_platform(), project.root, cache=cache)

    assert locked.splitlines()[:2] == ["--no-binary sgmllib3k", "--only-binary :all:"]
    assert locked_version(locked, "sgmllib3k") == "1.0.0"


def test_overrides_of_the_project_replace_what_packages_ask_for(
    new_project: Callable[..., Project], cache: Path
) -> None:
    override = "[tool.uv]\noverride-dependencies = [\"six; sys_platform == 'never'\"]\n"
    project = new_project({"pyproject.toml": override})

    locked = lock(("python-dateutil",), LAMBDA, project.root, cache=cache)

    assert locked_version(locked, "six") is None


@pytest.mark.parametrize(
    ("platform", "machine"),
    [
        pytest.param(lambda_platform(Architecture.X86_64), 0x3E, id="x86_64"),
        pytest.param(lambda_platform(Architecture.ARM64), 0xB7, id="arm64"),
    ],
)
def test_what_is_installed_is_for_the_target_not_the_host(
    tmp_path: Path, cache: Path, platform: Platform, machine: int
) -> None:
    locked = lock((), platform, tmp_path, cache=cache)

    files = installed(RequirementsLayer(name="r", lock=locked, prefix="opt/python"), platform, tmp_path).files

    libraries = [file.source for file in files if file.path.endswith(".so")]
    assert libraries
    for library in libraries:
        assert not isinstance(library, bytes)
        assert library.read_bytes()[18] == machine  # e_machine, ELF specification


def test_another_python_gets_no_byte_code_of_ours(tmp_path: Path, cache: Path) -> None:
    platform = replace(LAMBDA, python="3.12")
    locked = lock((), platform, tmp_path, cache=cache)

    files = installed(RequirementsLayer(name="r", lock=locked, prefix="opt/python"), platform, tmp_path).files

    assert not [file.path for file in files if file.path.endswith(".pyc")]


def test_a_file_that_is_not_the_locked_one_is_refused(tmp_path: Path, cache: Path) -> None:
    locked = lock((), LAMBDA, tmp_path, cache=cache)
    pins = [line.split()[0] for line in locked.splitlines() if "==" in line]
    forged = "".join(f"{pin} --hash=sha256:{'0' * 64}\n" for pin in pins)

    with pytest.raises(DependencyError, match="is not the one that was locked"):
        installed(RequirementsLayer(name="r", lock=forged, prefix="opt/python"), LAMBDA, tmp_path)


@pytest.mark.parametrize(
    ("library", "problem"),
    [
        pytest.param(elf(ARM64), "is for arm64", id="processor"),
        pytest.param(
            elf(X86_64, needs=("GLIBC_2.17", "GLIBC_2.38")), "needs glibc 2.38, and the image has 2.34", id="glibc"
        ),
        pytest.param(elf()[:100], "is damaged", id="damaged"),
        pytest.param(elf()[:4] + b"\1" + elf()[5:], "is not a 64-bit little-endian ELF file", id="32-bit"),
    ],
)
def test_a_library_that_the_image_could_not_load_names_its_package(
    tmp_path: Path, library: bytes, problem: str
) -> None:
    path = Path("fast/_core.abi3.so")
    (tmp_path / "fast").mkdir()
    (tmp_path / path).write_bytes(library)
    platform = lambda_platform(Architecture.X86_64)

    with pytest.raises(DependencyError, match=rf"cannot load fast 1\.0 \(_core\.abi3\.so {problem}"):
        check_libraries(tmp_path, [path], platform, {path.as_posix(): "fast 1.0"})


@pytest.mark.parametrize("library", [elf(needs=("GLIBC_2.34", "GCC_3.0")), b"INPUT(libc.so.6)\n", elf()])
def test_a_library_that_fits_is_let_through(tmp_path: Path, library: bytes) -> None:
    (tmp_path / "a.so.1").write_bytes(library)

    check_libraries(tmp_path, [Path("a.so.1")], lambda_platform(Architecture.X86_64), {})


def test_a_base_image_with_an_older_c_library_is_held_to_it(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(elf(needs=("GLIBC_2.30",)))
    platform = replace(lambda_platform(Architecture.X86_64), glibc="2.28")

    with pytest.raises(DependencyError, match=r"needs glibc 2\.30, and the image has 2\.28"):
        check_libraries(tmp_path, [Path("a.so")], platform, {})


def test_the_sizes_of_packages_add_up_to_what_is_installed(tmp_path: Path, cache: Path) -> None:
    locked = lock(("six",), LAMBDA, tmp_path, cache=cache)

    found = installed(RequirementsLayer(name="r", lock=locked, prefix="opt/python"), LAMBDA, tmp_path)

    assert {name.split()[0] for name in found.sizes} == {"six", "pydantic_core", "typing_extensions"}
    whole = sum(file.source.stat().st_size for file in found.files if isinstance(file.source, Path))
    assert sum(found.sizes.values()) == whole
    assert not [file.path for file in found.files if file.path.endswith(".pyi")]
