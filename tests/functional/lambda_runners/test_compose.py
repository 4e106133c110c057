"""Images are composed of layers that they share."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path, PurePosixPath

import pytest
from tests.fixtures.lambda_lab import layer_of

from mlfn_localstack.services.lambda_.execution import trash
from mlfn_localstack.services.lambda_.execution.compose import Composition, LayerTree, share_by_link
from mlfn_localstack.services.lambda_.execution.layers import Layers


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    """No layers yet."""
    return Layers(tmp_path / "layers")


def unpacked(layers: Layers, tmp_path: Path, name: str, content: bytes) -> LayerTree:
    """A layer of this content."""
    blob = tmp_path / f"blob-{name}"
    blob.write_bytes(content)
    return layers.unpacked(f"sha256:{name}", lambda _: blob)


def composed(tmp_path: Path, *trees: LayerTree, merged: frozenset[PurePosixPath] = frozenset()) -> Path:
    """The image of these layers."""
    target = tmp_path / "image"
    target.mkdir()
    Composition(share=share_by_link, merged=merged).compose(trees, target)
    return target


def link(name: str, target: str) -> tarfile.TarInfo:
    """An entry that is a symbolic link."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


def with_link(tmp_path: Path, files: dict[str, str], entry: tarfile.TarInfo) -> bytes:
    """A layer of files and one link."""
    path = tmp_path / "layer.tar"
    path.write_bytes(layer_of(files))
    with tarfile.open(path, "a") as archive:
        archive.addfile(entry)
    return path.read_bytes()


def test_a_directory_of_one_layer_is_a_link_to_it(layers: Layers, tmp_path: Path) -> None:
    requirements = unpacked(layers, tmp_path, "a", layer_of({"opt/python/x/y.py": "1"}))
    runtime = unpacked(layers, tmp_path, "b", layer_of({"opt/runtime/z.py": "2"}))

    image = composed(tmp_path, requirements, runtime)

    assert (image / "opt/python").resolve() == requirements.root / "opt/python"
    assert not (image / "opt").is_symlink()
    assert (image / "opt/python/x/y.py").read_text() == "1"


def test_a_file_of_a_merged_directory_takes_no_space(layers: Layers, tmp_path: Path) -> None:
    code = unpacked(layers, tmp_path, "a", layer_of({"var/task/app.py": "1"}))
    assets = unpacked(layers, tmp_path, "b", layer_of({"var/task/model.onnx": "2"}))

    image = composed(tmp_path, code, assets)

    assert (image / "var/task/app.py").samefile(code.root / "var/task/app.py")
    assert sorted(os.listdir(image / "var/task")) == ["app.py", "model.onnx"]  # noqa: PTH208 - names, not paths


def test_a_working_directory_is_never_a_link(layers: Layers, tmp_path: Path) -> None:
    code = unpacked(layers, tmp_path, "a", layer_of({"var/task/app.py": "1"}))

    image = composed(tmp_path, code, merged=frozenset(map(PurePosixPath, ("var", "var/task"))))

    assert (image / "var/task").resolve() == image.resolve() / "var/task"


def test_a_link_into_another_layer_works(layers: Layers, tmp_path: Path) -> None:
    lower = unpacked(layers, tmp_path, "a", layer_of({"opt/lib/real.so": "lib"}))
    links = with_link(tmp_path, {"opt/python/x": ""}, link("opt/python/l.so", "../lib/real.so"))
    upper = unpacked(layers, tmp_path, "b", links)

    image = composed(tmp_path, lower, upper)

    assert (image / "opt/python/l.so").read_text() == "lib"


def test_whiteouts_and_their_marks_are_not_in_an_image(layers: Layers, tmp_path: Path) -> None:
    lower = unpacked(layers, tmp_path, "a", layer_of({"opt/a/x": "1", "opt/a/y": "1"}))
    upper = unpacked(layers, tmp_path, "b", layer_of({"opt/a/.wh.x": "", "opt/new/.wh.gone": "", "opt/new/z": ""}))

    image = composed(tmp_path, lower, upper)

    assert sorted(str(path.relative_to(image)) for path in image.rglob("*") if path.is_file()) == [
        "opt/a/y",
        "opt/new/z",
    ]


def test_layers_that_are_not_wanted_go(layers: Layers, tmp_path: Path) -> None:
    kept = unpacked(layers, tmp_path, "a", layer_of({"x": ""}))
    gone = unpacked(layers, tmp_path, "b", layer_of({"y/z": ""}))

    layers.keep_only({"sha256:a"})
    trash.empty(layers.root)

    assert kept.root.is_dir()
    assert not gone.root.exists()
    assert sorted(path.name for path in kept.root.parent.iterdir()) == ["a", "a.json"]
