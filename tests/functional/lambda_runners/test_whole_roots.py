"""Images with programs of their own, unpacked as whole roots: links to anywhere are theirs, files outside are not."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from mlfn_localstack.services.lambda_.execution.compose import Composition, LayerTree, share_by_hard_links
from mlfn_localstack.services.lambda_.execution.unpack import UnsafeLayerError, unpack_layer


def layer(path: Path, *entries: tarfile.TarInfo) -> Path:
    """A layer of these entries; regular files hold their own names."""
    with tarfile.open(path, "w") as archive:
        for entry in entries:
            content = entry.name.encode() if entry.isreg() else b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o755) -> tarfile.TarInfo:
    """One entry, owned by somebody."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode, made.uid, made.uname = kind, target, mode, 12345, "somebody"
    return made


def test_links_to_anywhere_stay_what_they_are_and_devices_are_left_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    entries = (
        entry("usr/bin/awk", tarfile.SYMTYPE, "/etc/alternatives/awk"),
        entry("var/run", tarfile.SYMTYPE, "../../../run"),
        entry("dev/console", tarfile.CHRTYPE),
        entry("usr/bin/su", mode=0o4711),
    )

    unpack_layer(layer(tmp_path / "layer", *entries), root, enclosed=True)

    assert str((root / "usr/bin/awk").readlink()) == "/etc/alternatives/awk"
    assert str((root / "var/run").readlink()) == "../../../run"
    assert not (root / "dev/console").exists()
    assert (root / "usr/bin/su").stat().st_mode & 0o7000 == 0
    assert (root / "usr/bin/su").stat().st_uid != 12345


@pytest.mark.parametrize(
    "entries",
    [
        (entry("../evil"),),
        (entry("/evil"),),
        (entry("link", tarfile.SYMTYPE, "/etc"), entry("link/evil")),
        (entry("link", tarfile.SYMTYPE, "/etc/passwd"), entry("hard", tarfile.LNKTYPE, "link")),
        (entry("hard", tarfile.LNKTYPE, "../../etc/passwd"),),
    ],
    ids=["parent", "absolute", "through-a-link", "hard-link-to-a-link", "hard-link-out"],
)
def test_what_would_reach_outside_is_refused(tmp_path: Path, entries: tuple[tarfile.TarInfo, ...]) -> None:
    root = tmp_path / "root"
    root.mkdir()

    with pytest.raises(UnsafeLayerError):
        unpack_layer(layer(tmp_path / "layer", *entries), root, enclosed=True)

    assert not (tmp_path / "evil").exists()


def test_layers_become_one_root_without_a_link_to_them(tmp_path: Path) -> None:
    trees = []
    for name, entries in (
        ("base", (entry("usr/lib/a/one"), entry("usr/lib/a/b/two"), entry("lib", tarfile.SYMTYPE, "/usr/lib"))),
        ("code", (entry("var/task/app.py"), entry("usr/lib/a/.wh.one"))),
    ):
        root = tmp_path / name
        root.mkdir()
        open_directories = unpack_layer(layer(tmp_path / f"{name}.tar", *entries), root, enclosed=True)
        trees.append(LayerTree(root=root, open_directories=open_directories))
    target = tmp_path / "target"
    target.mkdir()

    Composition(share=share_by_hard_links).compose(trees, target)

    files = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file() and not path.is_symlink()}
    assert files == {"usr/lib/a/b/two", "var/task/app.py"}
    assert [path for path in target.rglob("*") if path.is_symlink()] == [target / "lib"]
    assert (target / "usr/lib/a/b/two").samefile(tmp_path / "base/usr/lib/a/b/two")
