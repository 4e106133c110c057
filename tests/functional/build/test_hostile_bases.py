"""Base images that are meant to do harm, and registries that lead elsewhere."""

from __future__ import annotations

import gzip
import io
import json
import resource
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.build.base_layouts import FILES, base_blobs, described, digest, lay_out, layer, small_base
from tests.functional.build.faulty_registry import FaultyRegistry
from tests.functional.build.test_base_images import based, found, registry, serve  # noqa: F401  a fixture

from mlfn.errors import BuildError
from mlfn_engine.base_images.registry_source import RegistrySource
from mlfn_engine.builders.oci import build
from mlfn_engine.platforms import running_python
from mlfn_engine.registries.connection import Registry, RegistryConnection
from mlfn_engine.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"


def laid_out(tmp_path: Path, change: dict[str, Any] | None = None, config: object = None) -> None:
    """A base whose manifest is changed, or whose configuration is another."""
    blobs = base_blobs(layer(FILES))
    manifest = json.loads(blobs[-1][1])
    if config is not None:
        content = config if isinstance(config, bytes) else json.dumps(config).encode()
        blobs.append((digest(content), content))
        manifest["config"] = described("application/vnd.oci.image.config.v1+json", content)
    content = json.dumps(manifest | (change or {})).encode()
    lay_out(tmp_path / "base", ([*blobs, (digest(content), content)], None))


MANIFESTS: dict[str, tuple[dict[str, Any], str]] = {
    "a-digest-is-a-path": (
        {"layers": [{"mediaType": GZIP, "digest": "sha256:../../../secret", "size": 6}]},
        "no SHA-256",
    ),
    "a-digest-is-a-number": ({"layers": [{"mediaType": GZIP, "digest": 7, "size": 6}]}, "no SHA-256"),
    "another-hash": ({"layers": [{"mediaType": GZIP, "digest": "sha512:" + "0" * 128, "size": 6}]}, "no SHA-256"),
    "without-end": (
        {"layers": [{"mediaType": GZIP, "digest": "sha256:" + "0" * 64, "size": 1 << 60}]},
        "has a part of",
    ),
    "below-nothing": (
        {"layers": [{"mediaType": GZIP, "digest": "sha256:" + "0" * 64, "size": -1}]},
        "has a part of -1",
    ),
    "size-is-text": ({"config": {"digest": "sha256:" + "0" * 64, "size": "1"}}, "has a part of 1 bytes"),
    "no-layers": ({"layers": None}, "has a manifest without"),
    "dockers-first-schema": ({"schemaVersion": 1, "fsLayers": []}, "Docker's first schema"),
    "not-to-be-handed-on": (
        {
            "layers": [
                {
                    "mediaType": GZIP.replace("layer", "layer.nondistributable"),
                    "digest": "sha256:" + "0" * 64,
                    "size": 1,
                }
            ]
        },
        "may not hand on",
    ),
}


@pytest.mark.parametrize(("change", "message"), [pytest.param(*case, id=name) for name, case in MANIFESTS.items()])
def test_a_manifest_that_lies_is_a_sentence(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    laid_out(tmp_path, change)

    with pytest.raises(BuildError, match=message):
        found("oci:base", tmp_path)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix != ".lock"]


CONFIGURATIONS: dict[str, object] = {
    "no-json": b"{",
    "nested-without-end": b"[" * 200_000,
    "a-list": [],
    "settings-are-a-list": {"os": "linux", "architecture": "amd64", "config": [1]},
    "variables-are-numbers": {"os": "linux", "architecture": "amd64", "config": {"Env": [1]}},
    "no-root": {"os": "linux", "architecture": "amd64", "config": None, "rootfs": None},
}


@pytest.mark.parametrize("config", [pytest.param(each, id=name) for name, each in CONFIGURATIONS.items()])
def test_a_configuration_that_is_none_is_a_sentence(tmp_path: Path, config: object) -> None:
    laid_out(tmp_path, config=config)

    with pytest.raises(BuildError, match=r"oci:base"):
        found("oci:base", tmp_path)


@pytest.mark.parametrize("manifests", [None, "x", [1], {"a": 1}, [{"digest": "sha256:../../x"}], [{"platform": None}]])
def test_an_index_that_is_none_is_a_sentence(tmp_path: Path, manifests: object) -> None:
    laid_out(tmp_path)
    (tmp_path / "base" / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))

    with pytest.raises(BuildError, match="oci:base"):
        found("oci:base", tmp_path)


def test_a_layer_that_only_says_it_is_gzip_is_told(tmp_path: Path) -> None:
    zstd = b"\x28\xb5\x2f\xfd" + bytes(100)
    blobs = base_blobs(layer(FILES))
    manifest = json.loads(blobs[-1][1]) | {"layers": [described(GZIP, zstd)]}
    content = json.dumps(manifest).encode()
    lay_out(tmp_path / "base", ([*blobs, (digest(zstd), zstd), (digest(content), content)], None))

    with pytest.raises(BuildError, match="is damaged: Not a gzipped file"):
        found("oci:base", tmp_path)


def test_entries_of_every_kind_are_read_without_harm(tmp_path: Path) -> None:
    lay_out(tmp_path / "base", (base_blobs(layer(FILES), odd_layer()), None))

    assert found("oci:base", tmp_path).python == "3.11"


@pytest.mark.skipif(running_python() != "3.11", reason="the small base has Python 3.11")
def test_a_disk_that_is_full_while_a_base_is_compiled_is_a_sentence(tmp_path: Path) -> None:
    files = {**FILES, "usr/lib/python3.11/large.py": b"#" * (1 << 20)}
    base = found(f"oci:{small_base(tmp_path / 'base', files)}", tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, limits[1]))
    try:
        with pytest.raises(BuildError, match="The build cache cannot be written"):
            build(based(base), tmp_path / "cache", SilentReporter())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert build(based(base), tmp_path / "cache", SilentReporter()).size_bytes > 0


def odd_layer() -> bytes:
    """Devices, pipes, links that go round, names that are no text."""
    buffer = io.BytesIO()
    kinds = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CONTTYPE)
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as archive:
        for number, kind in enumerate(kinds):
            for name in (f"odd/{number}", f"odd/\udcff\udcfe{number}", f"var/runtime/new\nline{number}"):
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, name
                archive.addfile(member)
    return gzip.compress(buffer.getvalue(), mtime=0)


@pytest.fixture
def storage() -> Iterator[FaultyRegistry]:
    """Where a registry keeps its blobs: another host."""
    made = FaultyRegistry()
    yield made
    made.close()


def test_credentials_do_not_follow_a_redirect_to_another_host(
    tmp_path: Path,
    registry: FaultyRegistry,  # noqa: F811
    storage: FaultyRegistry,
) -> None:
    serve(registry)
    content = layer(FILES)
    storage.blobs[digest(content)] = content
    registry.storage = storage.endpoint
    registry.faults.append((digest(content), "redirect"))
    target = Registry(endpoint=registry.endpoint, authorization="Basic c2VjcmV0", sleep=lambda _: None)

    with RegistryConnection(target) as connection, (tmp_path / "blob").open("wb") as file:
        RegistrySource(connection, "bases/python").copy(digest(content), len(content), file, lambda _: None)

    assert (tmp_path / "blob").read_bytes() == content
    assert registry.authorizations == ["Basic c2VjcmV0"]
    assert storage.authorizations == [None]


def test_a_download_waits_as_long_as_the_registry_asks(
    tmp_path: Path,
    registry: FaultyRegistry,  # noqa: F811
) -> None:
    serve(registry)
    content = layer(FILES)
    registry.faults.append((digest(content), "429"))
    pauses: list[float] = []
    target = Registry(endpoint=registry.endpoint, sleep=pauses.append)

    with RegistryConnection(target) as connection, (tmp_path / "blob").open("wb") as file:
        RegistrySource(connection, "bases/python").copy(digest(content), len(content), file, lambda _: None)

    assert pauses == [7.0]
