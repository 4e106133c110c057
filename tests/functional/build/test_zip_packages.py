"""Zip archives: the image's plan in the form that Lambda unpacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mlfn.errors import BuildError
from mlfn_engine.builders import zip_package
from mlfn_engine.builders.package_advice import advice
from mlfn_engine.builders.packages import PackageBuilder
from mlfn_engine.builders.zip_package import UNZIPPED_LIMIT, unzipped_bytes
from mlfn_engine.images.archive_layout import BOOTSTRAP, START, entry_name
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform, lambda_platform
from mlfn_engine.provenance.sbom import bill_of_materials
from mlfn_engine.provenance.signature_files import write_signature
from mlfn_engine.provenance.signing import PrivateKeyFile, PublicKeyFile, sign
from mlfn_engine.provenance.vouched import VouchedBuilder
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Architecture, PackageType

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.build.conftest import Project

    from mlfn_engine.images.values import ImagePlan, Platform

FILES = {
    "app.py": "import words\n\n\ndef score(text: str) -> int:\n    return words.count(text)\n",
    "words.py": "def count(text: str) -> int:\n    return len(text.split())\n",
    "weights.txt": "1\n",
}


def planned(project: Project, cache: Path, platform: Platform | None = None) -> ImagePlan:
    """The plan of the project's model as an archive."""
    function = project.model("app:score", package=PackageType.ZIP, assets=("weights.txt",))
    return plan_image(function, project.graph(function), platform or host_platform(), cache=cache)


def test_the_same_project_gives_the_same_archive_anywhere(new_project: Callable[..., Project], cache: Path) -> None:
    first = PackageBuilder(cache).build(planned(new_project(FILES, "one"), cache), SilentReporter())
    before = os.umask(0o077)
    try:
        project = new_project(FILES, "two")
        os.utime(project.root / "weights.txt", (1, 1))
        again = PackageBuilder(cache / "other").build(planned(project, cache / "other"), SilentReporter())
    finally:
        os.umask(before)

    assert first.location != again.location
    assert first.location.read_bytes() == again.location.read_bytes()
    assert first.digest == again.digest


def test_an_archive_holds_what_the_image_holds_and_a_program_that_starts_it(
    new_project: Callable[..., Project], cache: Path
) -> None:
    plan = planned(new_project(FILES), cache)
    built = PackageBuilder(cache).build(plan, SilentReporter())

    with zipfile.ZipFile(built.location) as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}

    assert {"app.py", "words.py", "weights.txt", "mlfn-manifest.json"} < modes.keys()
    assert any(name.startswith(".mlfn/python/pydantic_core/") for name in modes)
    assert modes[START] == 0o755
    assert modes["app.py"] == 0o644
    assert all(mode & 0o444 == 0o444 for mode in modes.values()), "Lambda's user reads everything"


def test_the_program_starts_the_loop_with_the_interpreter_it_is_given(
    new_project: Callable[..., Project], cache: Path, tmp_path: Path
) -> None:
    built = PackageBuilder(cache).build(planned(new_project(FILES), cache), SilentReporter())
    task = tmp_path / "a task"
    with zipfile.ZipFile(built.location) as archive:
        archive.extractall(task)
    shown = tmp_path / "python"
    shown.write_text('#!/bin/sh\necho "$PYTHONPATH"\nprintf "%s\\n" "$@"\n')
    shown.chmod(0o755)

    done = subprocess.run(
        ["/bin/sh", str(task / START), str(shown), "/var/runtime/bootstrap.py"],
        env={"LAMBDA_TASK_ROOT": str(task)},
        capture_output=True,
        text=True,
        check=True,
    )

    path, *options = done.stdout.splitlines()
    assert path == f"{task}:{task}/.mlfn/python:{task}/.mlfn/mlfn"
    assert options == ["-S", "-c", "from mlfn.runtime.loop import main; main()"]


def test_byte_code_of_an_archive_is_valid_where_lambda_unpacks_it(
    new_project: Callable[..., Project], cache: Path, tmp_path: Path
) -> None:
    built = PackageBuilder(cache).build(planned(new_project(FILES), cache), SilentReporter())
    with zipfile.ZipFile(built.location) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "words.py").write_text("raise SystemExit('compiled from source')\n")

    command = [sys.executable, "-S", "-c", "import app; print(app.score('a b'))"]
    assert subprocess.check_output(command, cwd=tmp_path, text=True) == "2\n"


def test_an_archive_and_an_image_of_a_model_are_different_versions(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(FILES)
    function = project.model("app:score", assets=("weights.txt",))

    image = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert image.layers[0] == planned(project, cache).layers[0]
    assert image.digest != planned(project, cache).digest


def test_an_archive_that_lambda_would_refuse_is_refused_when_it_is_built(
    new_project: Callable[..., Project], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_package, "UNZIPPED_LIMIT", 1_000_000)
    plan = planned(new_project(FILES | {"words.py": "def count(text: str) -> int:\n    return 3\n"}), cache)

    with pytest.raises(BuildError, match=r"'score' unpacks to \d+ MB; Lambda takes 1\.") as refused:
        PackageBuilder(cache).build(plan, SilentReporter())

    assert 'package="image"' in refused.value.hint
    assert "pydantic_core" in refused.value.hint or "pydantic-core" in refused.value.hint


def test_a_damaged_archive_in_the_cache_is_made_again(new_project: Callable[..., Project], cache: Path) -> None:
    plan = planned(new_project(FILES), cache)
    built = PackageBuilder(cache).build(plan, SilentReporter())
    built.location.write_bytes(b"PK")

    assert PackageBuilder(cache).build(plan, SilentReporter()) == built
    assert zipfile.is_zipfile(built.location)


def test_an_archive_for_lambda_wants_the_signature_that_images_want(
    new_project: Callable[..., Project], cache: Path, tmp_path: Path
) -> None:
    plan = planned(new_project(FILES), cache, lambda_platform(Architecture.X86_64))
    builder = VouchedBuilder(PackageBuilder(cache), (PublicKeyFile(tmp_path / "ci.pub"),), tmp_path)

    with pytest.raises(BuildError, match=r"The zip of 'score', sha256:[0-9a-f]{64}, is not signed"):
        builder.build(plan, SilentReporter())


def test_an_archive_has_a_bill_of_materials_and_goes_out_once_it_is_signed(
    new_project: Callable[..., Project], cache: Path, tmp_path: Path
) -> None:
    key = Ed25519PrivateKey.generate()
    private, public = tmp_path / "ci.pem", tmp_path / "ci.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    plan = planned(new_project(FILES), cache, lambda_platform(Architecture.X86_64))
    built = PackageBuilder(cache).build(plan, SilentReporter())

    materials = json.loads(bill_of_materials(plan, built, cache))
    write_signature(tmp_path, built.digest, sign(built.digest, PrivateKeyFile(private)))
    vouched = VouchedBuilder(PackageBuilder(cache), (PublicKeyFile(public),), tmp_path)

    assert {"pydantic_core", "var/task/weights.txt"} <= {each["name"] for each in materials["components"]}
    assert vouched.build(plan, SilentReporter()) == built


def test_what_is_outside_of_task_and_opt_has_no_place_in_an_archive() -> None:
    with pytest.raises(BuildError, match="/usr/bin/tesseract cannot be in a zip"):
        entry_name("usr/bin/tesseract")


@pytest.mark.parametrize(
    ("size", "told"),
    [(UNZIPPED_LIMIT + 1, "only an image"), (240_000_000, "is near"), (90_000_000, "some kB"), (9_000_000, "either")],
)
def test_the_better_package_follows_from_the_size(
    new_project: Callable[..., Project], cache: Path, size: int, told: str
) -> None:
    plan = planned(new_project(FILES), cache)

    assert told in advice(plan, size)
    assert "an image, its base not counted," in advice(replace(plan, package=PackageType.IMAGE), size)


def test_the_size_is_that_of_the_unpacked_layers(new_project: Callable[..., Project], tmp_path: Path) -> None:
    plan = planned(new_project(FILES), tmp_path / "cache")
    assert unzipped_bytes(plan, tmp_path / "cache") is None

    built = PackageBuilder(tmp_path / "cache").build(plan, SilentReporter())

    with zipfile.ZipFile(built.location) as archive:
        files = sum(entry.file_size for entry in archive.infolist() if entry.filename not in {START, BOOTSTRAP})
    assert unzipped_bytes(plan, tmp_path / "cache") == files


def test_an_archive_for_this_machine_starts_where_the_runtime_has_no_python(
    new_project: Callable[..., Project], cache: Path
) -> None:
    plan = planned(new_project(FILES), cache, host_platform())

    built = PackageBuilder(cache).build(plan, SilentReporter())

    with zipfile.ZipFile(built.location) as archive:
        assert archive.read(BOOTSTRAP).decode().endswith(f'/{START}" python{plan.platform.python}\n')
        assert archive.getinfo(BOOTSTRAP).external_attr >> 16 & 0o111
