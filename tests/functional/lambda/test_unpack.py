"""Layers are unpacked as the OCI image specification says, and never outside their root."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from tests.fixtures.lambda_lab import layer_of

from mlfn_localstack.services.lambda_.execution import unpack as module
from mlfn_localstack.services.lambda_.execution.compose import Composition, LayerTree, share_by_link
from mlfn_localstack.services.lambda_.execution.unpack import (
    UnsafeLayerError,
    make_read_only,
    remove_tree,
    unpack_layer,
)


def files_of(root: Path) -> list[Path]:
    """The files of a tree, those behind linked directories included."""
    return [Path(directory, name) for directory, _, names in os.walk(root, followlinks=True) for name in sorted(names)]


def unpack(root: Path, *layers: bytes) -> dict[str, str]:
    """The files after these layers."""
    target = root / "tree"
    target.mkdir()
    trees = []
    for number, layer in enumerate(layers):
        blob, tree = root / f"blob{number}", root / f"layer{number}"
        blob.write_bytes(layer)
        tree.mkdir()
        trees.append(LayerTree(root=tree, open_directories=unpack_layer(blob, tree)))
    Composition(share=share_by_link).compose(trees, target)
    return {str(path.relative_to(target)): path.read_text() for path in files_of(target)}


def entry(name: str, **fields: object) -> bytes:
    """A layer of one entry without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        for field, value in fields.items():
            setattr(info, field, value)
        archive.addfile(info)
    return buffer.getvalue()


def test_a_later_layer_replaces_files(tmp_path: Path) -> None:
    files = unpack(tmp_path, layer_of({"a/x": "1", "a/y": "1"}), layer_of({"a/x": "2"}))

    assert files == {"a/x": "2", "a/y": "1"}


def test_whiteouts_hide_what_lower_layers_have(tmp_path: Path) -> None:
    lower = layer_of({"a/x": "1", "a/y": "1", "b/z": "1"})
    upper = layer_of({"a/new": "2", "a/.wh..wh..opq": "", "b/.wh.z": ""})

    assert unpack(tmp_path, lower, upper) == {"a/new": "2"}


def test_a_file_may_take_the_place_of_a_directory(tmp_path: Path) -> None:
    assert unpack(tmp_path, layer_of({"a/x": "1"}), layer_of({"a": "2"})) == {"a": "2"}


@pytest.mark.parametrize(
    "layer",
    [
        layer_of({"../evil": ""}),
        layer_of({"/evil": ""}),
        layer_of({"a/../../evil": ""}),
        entry("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry("a/link", type=tarfile.SYMTYPE, linkname="../../x"),
        entry("hard", type=tarfile.LNKTYPE, linkname="../x"),
        entry("hard", type=tarfile.LNKTYPE, linkname="missing"),
        entry("device", type=tarfile.CHRTYPE),
        entry("pipe", type=tarfile.FIFOTYPE),
        entry("file", pax_headers={"path": "a\0b"}),
        b"no archive",
    ],
    ids=[
        "up",
        "absolute",
        "through",
        "symlink",
        "symlink-up",
        "hard-up",
        "hard-missing",
        "device",
        "fifo",
        "nul",
        "text",
    ],
)
def test_what_leaves_the_root_is_refused(tmp_path: Path, layer: bytes) -> None:
    with pytest.raises(UnsafeLayerError):
        unpack(tmp_path, layer)
    assert not (tmp_path / "evil").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    blob = tmp_path / "layer"
    blob.write_bytes(layer_of({"link/evil": ""}))

    with pytest.raises(UnsafeLayerError, match="passes through a link"):
        unpack_layer(blob, tmp_path / "tree")
    assert not list((tmp_path / "outside").iterdir())


def test_links_inside_are_kept(tmp_path: Path) -> None:
    unpack(tmp_path, layer_of({"lib/a.so.1": "x"}), entry("lib/a.so", type=tarfile.SYMTYPE, linkname="a.so.1"))

    assert (tmp_path / "tree/lib/a.so").read_text() == "x"


def test_a_read_only_tree_can_be_removed_again(tmp_path: Path) -> None:
    unpack(tmp_path, layer_of({"a/x": "1"}))
    make_read_only(tmp_path / "layer0")

    assert (tmp_path / "tree/a/x").stat().st_mode & 0o777 == 0o444
    remove_tree(tmp_path / "layer0")
    assert not (tmp_path / "layer0").exists()


@pytest.mark.parametrize(
    ("mode", "left"),
    [
        pytest.param(0o755, 0o755, id="a program"),
        pytest.param(0o777, 0o755, id="what others could write"),
        pytest.param(0o4755, 0o755, id="a program that would run as its owner"),
        pytest.param(0o000, 0o600, id="what nobody could read"),
        pytest.param(0o455, 0o644, id="a program for others alone"),
    ],
)
def test_files_keep_their_time_and_the_rights_that_do_no_harm(tmp_path: Path, mode: int, left: int) -> None:
    blob = tmp_path / "layer"
    blob.write_bytes(entry("tool", mode=mode, mtime=1_000_000_000))
    (tmp_path / "tree").mkdir()

    unpack_layer(blob, tmp_path / "tree")

    told = (tmp_path / "tree" / "tool").stat()
    assert (told.st_mode & 0o7777, told.st_mtime) == (left, 1_000_000_000)


def test_a_hard_link_is_the_file_it_names(tmp_path: Path) -> None:
    files = unpack(tmp_path, hard_linked())

    assert files == {"a/x": "1", "b/y": "1"}


def hard_linked() -> bytes:
    """A layer of a file and a hard link to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("a/x")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"1"))
        link = tarfile.TarInfo("b/y")
        link.type, link.linkname = tarfile.LNKTYPE, "a/x"
        archive.addfile(link)
    return buffer.getvalue()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
def test_a_name_of_two_megabytes_is_not_read(tmp_path: Path, form: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo("a" * (2 << 20)))

    with pytest.raises(UnsafeLayerError, match="header has 20"):
        unpack(tmp_path, buffer.getvalue())


def test_a_layer_larger_than_an_image_may_be_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = layer_of({"a": "12345", "b": "12345"})
    monkeypatch.setattr(module, "MAX_LAYER_BYTES", 9)

    with pytest.raises(UnsafeLayerError, match="more than 9 bytes"):
        unpack(tmp_path, layer)
