"""What bubblewrap is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlfn_localstack.services.lambda_.execution.bare_root import INTERPRETERS, BareRoot, bare_root
from mlfn_localstack.services.lambda_.execution.bwrap_arguments import arguments
from mlfn_localstack.services.lambda_.execution.root_view import view_of
from mlfn_localstack.services.lambda_.execution.runner import Launch, Mount


@pytest.fixture
def root(tmp_path: Path) -> BareRoot:
    """A bare root with settings below a temporary directory."""
    return bare_root(tmp_path / "settings", tmp_path / "interpreters")


def told(launch: Launch, root: BareRoot) -> list[str]:
    """What bubblewrap is told of a launch."""
    return list(arguments(launch, view_of(launch, root), nested_users=False))


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
    words = " ".join(told(launch(tmp_path, Mount(source=tmp_path, target="/opt/python")), root))

    assert f"--ro-bind {tmp_path} /opt/python" in words
    assert f"--size {512 * 1024 * 1024} --tmpfs /tmp" in words
    assert words.endswith("--chdir /var/task --setenv A b")


@pytest.mark.parametrize("target", ["/usr/lib", "/bin", "/lib64/x", "/proc/sys", "/dev/null", "/tmp/x"])  # noqa: S108 - must not be covered
def test_an_image_does_not_cover_the_machines_own(root: BareRoot, tmp_path: Path, target: str) -> None:
    covering = launch(tmp_path, Mount(source=tmp_path / "image", target=target))

    assert str(tmp_path / "image") not in told(covering, root)


def test_another_python_comes_with_what_it_needs(root: BareRoot, tmp_path: Path) -> None:
    python = tmp_path / "versions/3.99/bin/python3.99"
    python.parent.mkdir(parents=True)
    python.touch()
    link = tmp_path / "interpreters/python3.99/bin/python3.99"
    link.parent.mkdir(parents=True)
    link.symlink_to(python)

    words = " ".join(told(launch(tmp_path, command=f"{INTERPRETERS}/python3.99/bin/python3.99"), root))

    assert f"--ro-bind {tmp_path}/versions/3.99 {tmp_path}/versions/3.99" in words


def test_a_path_inside_is_found_outside(root: BareRoot, tmp_path: Path) -> None:
    mounts = (Mount(source=tmp_path / "a", target="/opt"), Mount(source=tmp_path / "b", target="/opt/lib"))
    view = view_of(launch(tmp_path, *mounts), root)

    assert view.outside("/opt/lib/x") == tmp_path / "b" / "x"
    assert view.outside("/opt/libre") == tmp_path / "a" / "libre"
    assert view.outside("/opt/lib/../x") == tmp_path / "a" / "x"
    assert view.outside("/home/x") is None


def test_links_of_an_image_lead_to_where_they_do_inside(root: BareRoot, tmp_path: Path) -> None:
    image = tmp_path / "image"
    (image / "usr/bin").mkdir(parents=True)
    (image / "usr/bin/python3.12").touch()
    (image / "usr/bin/python3").symlink_to("/etc/alternatives/python3")
    (image / "etc/alternatives").mkdir(parents=True)
    (image / "etc/alternatives/python3").symlink_to("../../../usr/bin/python3.12")
    (image / "bin").symlink_to("usr/bin")
    (image / "usr/bin/loop").symlink_to("loop")
    view = view_of(replace(launch(tmp_path), root=image), root)

    assert view.outside("/bin/python3") == image / "usr/bin/python3.12"
    assert view.outside("/bin/loop") is None
    assert view.links == (("/bin", "usr/bin"),)
