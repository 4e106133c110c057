"""What images stand on: layouts on this machine, images in registries, and what is wrong with some of them."""

from __future__ import annotations

import gzip
import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.build.base_layouts import FILES, base_blobs, digest, lay_out, layer, small_base
from tests.functional.build.elf_files import elf
from tests.functional.build.faulty_registry import FaultyRegistry
from tests.functional.build.test_oci import blob, members, plan

from mlfn.errors import BuildError, TargetError
from mlfn_engine.base_images.store import BaseStore
from mlfn_engine.builders.oci import build
from mlfn_engine.cache import FileDigests
from mlfn_engine.images.plan_digest import identified
from mlfn_engine.images.values import BaseImage, BytecodeLayer, ImagePlan
from mlfn_engine.platforms import based_platform, running_python
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from collections.abc import Iterator

AMD64, ARM64 = ({"os": "linux", "architecture": name} for name in ("amd64", "arm64"))


def found(text: str, tmp_path: Path, architecture: Architecture = Architecture.X86_64) -> BaseImage:
    """The base image that a reference means."""
    return BaseStore(tmp_path / "cache", SilentReporter()).find(text, tmp_path, architecture)


def based(base: BaseImage) -> ImagePlan:
    """A plan of one file on a base image."""
    platform = based_platform(base, Architecture.X86_64)
    draft = plan()
    layers = (BytecodeLayer(name="bytecode", base=base), *draft.layers)
    return identified(replace(draft, platform=platform, base=base, layers=layers), FileDigests(Path("/nonexistent")))


@pytest.fixture
def registry() -> Iterator[FaultyRegistry]:
    """A registry without faults as yet."""
    made = FaultyRegistry()
    yield made
    made.close()


def serve(registry: FaultyRegistry, *layers: bytes) -> str:
    """Put a base into the registry; its reference."""
    blobs = base_blobs(*(layers or (layer(FILES),)))
    registry.blobs.update(blobs)
    registry.tags["v1"] = blobs[-1][1]
    return f"{registry.endpoint.removeprefix('http://')}/bases/python:v1"


def test_a_layout_says_which_python_and_which_c_library_it_has(tmp_path: Path) -> None:
    small_base(tmp_path / "base")

    base = found("oci:base", tmp_path)

    assert (base.interpreter, base.python, base.glibc) == ("/usr/bin/python3.11", "3.11", "2.36")
    assert base.location == f"oci:{tmp_path / 'base'}"


def test_a_tar_of_a_layout_is_the_same_base(tmp_path: Path) -> None:
    small_base(tmp_path / "base")
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        archive.add(tmp_path / "base", arcname=".")

    assert found("oci:base.tar", tmp_path).digest == found("oci:base", tmp_path).digest


def test_an_index_gives_the_image_of_the_functions_processor(tmp_path: Path) -> None:
    arm = base_blobs(layer({**FILES, "arm": b""}), architecture="arm64")
    lay_out(tmp_path / "base", (base_blobs(layer(FILES)), AMD64), (arm, ARM64))

    assert found("oci:base", tmp_path, Architecture.ARM64).digest == arm[-1][0]


def test_later_layers_hide_what_is_below(tmp_path: Path) -> None:
    lower = {**FILES, "usr/bin/python3.13": b"", "opt/x": b""}
    upper = {"usr/bin/.wh.python3.13": b"", "opt/.wh..wh..opq": b""}
    lay_out(tmp_path / "base", (base_blobs(layer(lower), layer(upper)), None))

    assert found("oci:base", tmp_path).python == "3.11"


def test_an_image_keeps_its_bases_layers_and_settings(tmp_path: Path) -> None:
    base = found(f"oci:{small_base(tmp_path / 'base')}", tmp_path)

    image = build(based(base), tmp_path / "cache", SilentReporter())

    manifest = json.loads(blob(image, image.digest))
    config = json.loads(blob(image, manifest["config"]["digest"]))
    assert manifest["layers"][0]["digest"] == digest(layer(FILES))
    assert config["config"]["Env"] == ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "PYTHONPATH=/var/task"]
    assert (config["config"]["User"], config["config"]["Labels"]["base"]) == ("1000", "yes")
    tars = [gzip.decompress(blob(image, each["digest"])) for each in manifest["layers"]]
    assert config["rootfs"]["diff_ids"] == [digest(each) for each in tars]


@pytest.mark.skipif(running_python() != "3.11", reason="the small base has Python 3.11")
def test_the_standard_library_gets_the_byte_code_it_lacks(tmp_path: Path) -> None:
    base = found(f"oci:{small_base(tmp_path / 'base')}", tmp_path)

    image = build(based(base), tmp_path / "cache", SilentReporter())

    compiled = [member.name for member, _ in members(image) if member.name.endswith(".pyc")]
    assert compiled == ["usr/lib/python3.11/__pycache__/json.cpython-311.pyc"]


def test_a_base_that_left_the_cache_is_fetched_again_by_its_digest(tmp_path: Path) -> None:
    base = found(f"oci:{small_base(tmp_path / 'base')}", tmp_path)
    shutil.rmtree(tmp_path / "cache")

    assert build(based(base), tmp_path / "cache", SilentReporter()).size_bytes > 0


def test_a_base_that_changed_since_it_was_locked_is_told(tmp_path: Path) -> None:
    base = found(f"oci:{small_base(tmp_path / 'base')}", tmp_path)
    shutil.rmtree(tmp_path / "cache")
    shutil.rmtree(tmp_path / "base")
    small_base(tmp_path / "base", {**FILES, "etc/motd": b"new"})

    with pytest.raises(BuildError, match="holds another image than before"):
        build(based(base), tmp_path / "cache", SilentReporter())


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no-python": (
        {"files": {"lib/x86_64-linux-gnu/libc.so.6": FILES["lib/x86_64-linux-gnu/libc.so.6"]}},
        "has no Python",
    ),
    "no-glibc": ({"files": {"usr/bin/python3.11": b""}}, "has no GNU C library"),
    "damaged-glibc": ({"files": {**FILES, "lib/x86_64-linux-gnu/libc.so.6": elf()[:90]}}, "has no GNU C library"),
    "other-processor": ({"architecture": "arm64"}, "is for linux/arm64"),
    "zstd": ({"layer_type": "application/vnd.oci.image.layer.v1.tar+zstd"}, "Lambda takes gzip alone"),
}


@pytest.mark.parametrize(("settings", "message"), [pytest.param(*case, id=name) for name, case in WRONG.items()])
def test_a_base_that_functions_cannot_stand_on_is_a_sentence(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    options = {"files": FILES, **settings}
    lay_out(tmp_path / "base", (base_blobs(layer(options.pop("files")), **options), None))

    with pytest.raises(BuildError, match=message):
        found("oci:base", tmp_path)


def test_an_index_without_the_processor_names_those_it_has(tmp_path: Path) -> None:
    lay_out(
        tmp_path / "base", (base_blobs(layer(FILES), architecture="s390x"), {"os": "linux", "architecture": "s390x"})
    )

    with pytest.raises(BuildError, match="has no image for linux/amd64; it has linux/s390x"):
        found("oci:base", tmp_path)


def test_a_layer_that_is_not_what_its_name_says_is_not_used(tmp_path: Path) -> None:
    small_base(tmp_path / "base")
    path = tmp_path / "base" / "blobs" / "sha256" / digest(layer(FILES)).removeprefix("sha256:")
    path.write_bytes(path.read_bytes()[:-1] + b"\1")

    with pytest.raises(BuildError, match="is not what its name says"):
        found("oci:base", tmp_path)
    assert not list((tmp_path / "cache" / "blobs" / "sha256").glob(path.name))


@pytest.mark.parametrize("text", ["oci:nowhere", "oci:file", "Not A Reference", "oci:empty"])
def test_what_is_no_base_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_bytes(b"no tar")
    (tmp_path / "empty").mkdir()

    with pytest.raises(BuildError, match=r"does not exist|is no OCI image layout|does not name a base image"):
        found(text, tmp_path)


def test_a_registrys_image_is_fetched_by_tag_and_by_digest(tmp_path: Path, registry: FaultyRegistry) -> None:
    reference = serve(registry)

    base = found(reference, tmp_path)

    assert found(f"{reference}@{base.digest}", tmp_path).digest == base.digest
    assert sum("/blobs/" in line for line in registry.requests) == 2


def test_a_bearer_token_is_fetched_where_the_registry_asks_for_one(
    tmp_path: Path, registry: FaultyRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = serve(registry)
    registry.bearer = "t0ken"
    kept = {"auths": {registry.endpoint.removeprefix("http://"): {"auth": "QVdTOnNlY3JldA=="}}}
    (tmp_path / "auth.json").write_text(json.dumps(kept))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))

    assert found(reference, tmp_path).python == "3.11"


LARGE = layer({**FILES, "noise": gzip.compress(bytes(range(256)) * 4096)})


@pytest.mark.parametrize(
    "faults", [["drop"], ["drop", "drop", "503"], ["redirect"], ["redirect", "drop"], ["drop", "whole"]]
)
def test_a_download_gets_there_in_spite_of_faults(tmp_path: Path, registry: FaultyRegistry, faults: list[str]) -> None:
    reference = serve(registry, LARGE)
    registry.faults.extend((digest(LARGE), fault) for fault in faults)

    base = found(reference, tmp_path)

    kept = tmp_path / "cache" / "blobs" / digest(LARGE).replace(":", "/")
    assert (base.python, kept.read_bytes()) == ("3.11", LARGE)


@pytest.mark.parametrize("fault", ["alter", "more"])
def test_a_registry_that_serves_something_else_is_not_believed(
    tmp_path: Path, registry: FaultyRegistry, fault: str
) -> None:
    reference = serve(registry)
    registry.faults.append((digest(layer(FILES)), fault))

    with pytest.raises(TargetError, match="served something else"):
        found(reference, tmp_path)
    assert digest(layer(FILES)).removeprefix("sha256:") not in {path.name for path in (tmp_path / "cache").rglob("*")}


def test_a_manifest_that_is_not_what_its_digest_promises_is_refused(tmp_path: Path, registry: FaultyRegistry) -> None:
    reference = serve(registry)
    content = base_blobs(layer({**FILES, "evil": b""}))[-1][1]
    registry.tags[f"sha256:{'0' * 64}"] = content

    with pytest.raises(BuildError, match="is not what its digest sha256:000000000000… promises"):
        found(f"{reference}@sha256:{'0' * 64}", tmp_path)


def test_a_registry_that_breaks_off_again_and_again_is_a_sentence(tmp_path: Path, registry: FaultyRegistry) -> None:
    reference = serve(registry, LARGE)
    registry.faults.extend([(digest(LARGE), "503")] * 5)

    with pytest.raises(TargetError, match="broke off 5 times"):
        found(reference, tmp_path)


def test_an_image_that_the_registry_does_not_have_is_a_sentence(tmp_path: Path, registry: FaultyRegistry) -> None:
    host = registry.endpoint.removeprefix("http://")

    with pytest.raises(TargetError, match=r"has no bases/none:latest that you may read \(HTTP 404\)"):
        found(f"{host}/bases/none", tmp_path)


def zip_bomb() -> bytes:
    """A layer of 100 kB that unpacks to 100 MB."""
    return layer({**FILES, "zeros": bytes(100 << 20)})


def test_a_layer_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlfn_engine.oci.layer_entries.UNPACKED_LIMIT", 50 << 20)
    lay_out(tmp_path / "base", (base_blobs(zip_bomb()), None))

    with pytest.raises(BuildError, match="unpacks to more than Lambda's limit"):
        found("oci:base", tmp_path)


def test_names_that_lead_out_of_an_archive_write_nothing(tmp_path: Path) -> None:
    evil = {**FILES, "../../evil": b"x", "/etc/evil": b"x", "usr/lib/python3.11/../../../../evil.py": b"x = 1"}
    base = found(f"oci:{small_base(tmp_path / 'base', evil)}", tmp_path)

    build(based(base), tmp_path / "cache", SilentReporter())

    assert not [path for path in tmp_path.rglob("*evil*")]


def test_an_archive_that_ends_too_early_is_told(tmp_path: Path) -> None:
    cut = gzip.compress(gzip.decompress(layer(FILES))[:700], mtime=0)
    lay_out(tmp_path / "base", (base_blobs(cut), None))

    with pytest.raises(BuildError, match=r"A layer of oci:base is damaged"):
        found("oci:base", tmp_path)


def test_docker_hubs_short_names_mean_its_library() -> None:
    from mlfn_engine.base_images.references import RegistryReference, parse_reference  # noqa: PLC0415  used here alone

    short = parse_reference("python:3.12-slim", Path())
    own = parse_reference("someone/python", Path())

    assert isinstance(short, RegistryReference) and isinstance(own, RegistryReference)
    assert (short.endpoint, short.repository, short.wanted) == (
        "https://registry-1.docker.io",
        "library/python",
        "3.12-slim",
    )
    assert (own.repository, own.wanted) == ("someone/python", "latest")
