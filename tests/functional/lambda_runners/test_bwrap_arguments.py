"""What bubblewrap is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfn_localstack.services.lambda_.execution.bwrap_arguments import INTERPRETERS, BareRoot, arguments, bare_root
from mlfn_localstack.services.lambda_.execution.runner import Launch, Mount


@pytest.fixture
def root(tmp_path: Path) -> BareRoot:
    """A bare root with settings below a temporary directory."""
    return bare_root(tmp_path / "settings", tmp_path / "interpreters", nested_users=False)


def launch(tmp_path: Path, *mounts: Mount, command: str = "/opt/boot") -> Launch:
    """A launch with these mounts."""
    return Launch(
        command=(command,),
        environment={"A": "b"},
        working_dir=Path("/var/task"),
        scratch=tmp_path,
        storage_mb=512,
        mounts=mounts,
    )


def test_code_is_mounted_read_only_where_its_image_has_it(root: BareRoot, tmp_path: Path) -> None:
    told = " ".join(arguments(launch(tmp_path, Mount(source=tmp_path, target="/opt/python")), root))

    assert f"--ro-bind {tmp_path} /opt/python" in told
    assert f"--size {512 * 1024 * 1024} --tmpfs /tmp" in told
    assert told.endswith("--chdir /var/task --setenv A b")


@pytest.mark.parametrize("target", ["/usr/lib", "/bin", "/lib64/x", "/proc/sys", "/dev/null", "/tmp/x"])  # noqa: S108 - must not be covered
def test_an_image_does_not_cover_the_machines_own(root: BareRoot, tmp_path: Path, target: str) -> None:
    told = list(arguments(launch(tmp_path, Mount(source=tmp_path / "image", target=target)), root))

    assert str(tmp_path / "image") not in told


def test_another_python_comes_with_what_it_needs(root: BareRoot, tmp_path: Path) -> None:
    python = tmp_path / "versions/3.99/bin/python3.99"
    python.parent.mkdir(parents=True)
    python.touch()
    link = tmp_path / "interpreters/python3.99/bin/python3.99"
    link.parent.mkdir(parents=True)
    link.symlink_to(python)

    told = " ".join(arguments(launch(tmp_path, command=f"{INTERPRETERS}/python3.99/bin/python3.99"), root))

    assert f"--ro-bind {tmp_path}/versions/3.99 {tmp_path}/versions/3.99" in told


def test_a_path_inside_is_found_outside(root: BareRoot, tmp_path: Path) -> None:
    mounts = (Mount(source=tmp_path / "a", target="/opt"), Mount(source=tmp_path / "b", target="/opt/lib"))

    assert root.outside("/opt/lib/x", mounts) == tmp_path / "b" / "x"
    assert root.outside("/opt/libre", mounts) == tmp_path / "a" / "libre"
    assert root.outside("/usr/bin/env", mounts) == Path("/usr/bin/env")
    assert root.outside("/home/x", mounts) is None
