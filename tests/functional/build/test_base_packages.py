"""Python packages that a base image has: used from there, in its versions, or left alone."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.functional.build.base_layouts import FILES, base_blobs, lay_out, layer, small_base
from tests.functional.build.test_oci import members

from mlfn.errors import DependencyError
from mlfn_engine.base_images.choice import chosen_base
from mlfn_engine.base_images.store import BaseStore
from mlfn_engine.builders.oci import build
from mlfn_engine.builders.sizes import image_parts
from mlfn_engine.dependencies.requirements import CORE, locked_version, own_version
from mlfn_engine.ejecting import eject
from mlfn_engine.images.values import BytecodeLayer, RequirementsLayer
from mlfn_engine.linting.image import lint
from mlfn_engine.locking import lock_project
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import based_platform, running_python
from mlfn_engine.provenance.sbom import bill_of_materials
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.build.conftest import Project

    from mlfn_engine.images.values import BasePackage, ImageArtifact, ImagePlan

MODEL = {"mood.py": "def sentiment(text: str) -> float:\n    return 1.0\n"}
SITE = "usr/lib/python3.11/site-packages"
AWS = "var/runtime"
needs_311 = pytest.mark.skipif(running_python() != "3.11", reason="the small base has Python 3.11")


def distribution(name: str, version: str, *needs: str, files: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """A package as it is installed: its files, and the records of them."""
    own = files or {f"{name}/__init__.py": f"version = {version!r}\n".encode()}
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in needs]
    info = f"{name}-{version}.dist-info"
    every = {**own, f"{info}/METADATA": "\n".join([*lines, "", "About it."]).encode()}
    every[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = [f"{path},sha256={_hash(content)},{len(content)}" for path, content in every.items()]
    return {**every, f"{info}/RECORD": "\n".join([*rows, f"{info}/RECORD,,"]).encode()}


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def at(directory: str, *distributions: dict[str, bytes]) -> dict[str, bytes]:
    """What a base has in a directory."""
    return {f"{directory}/{path}": content for each in distributions for path, content in each.items()}


SDK = distribution("sdk", "1.5", "core<3,>=2", 'extra-thing; extra == "crt"')
CORE_OF_SDK = distribution("core", "2.0", "sticks")
STICKS = distribution("sticks", "0.9", files={"sticks.py": b"version = '0.9'\n"})
BASE = {**FILES, **at(AWS, SDK, CORE_OF_SDK, STICKS)}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of wheels beside the package index: the base's versions, and newer ones."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    newer = [
        distribution("sdk", "1.9", "core<3,>=2"),
        distribution("core", "2.7", "sticks"),
        distribution("sticks", "0.9.1", files={"sticks.py": b"version = '0.9.1'\n"}),
        distribution("thing", "1.0", "sdk"),
        distribution("shared", "1.0", files={"core/__init__.py": b""}),
    ]
    for each in (SDK, CORE_OF_SDK, STICKS, *newer):
        info = next(path for path in each if path.endswith("/METADATA")).partition(".dist-info")[0]
        with zipfile.ZipFile(wheels / f"{info}-py3-none-any.whl", "w") as archive:
            for path, content in each.items():
                archive.writestr(path, content)
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    return wheels


class Made:
    """A project on a base with packages, and what came of it."""

    def __init__(self, project: Project, cache: Path, *requirements: str) -> None:
        found = chosen_base(project.root, Architecture.X86_64, cache, SilentReporter())
        assert found is not None
        self.cache = cache
        function = project.model("mood:sentiment", requirements=requirements)
        platform = based_platform(found, Architecture.X86_64)
        self.plan: ImagePlan = plan_image(function, project.graph(function), platform, base=found, cache=cache)
        (self.requirements,) = (each for each in self.plan.layers if isinstance(each, RequirementsLayer))

    @property
    def lent(self) -> list[str]:
        """What comes from the base."""
        return [each.name for each in self.requirements.lent]

    def version(self, package: str) -> str | None:
        """What it is locked to."""
        return locked_version(self.requirements.lock, package)

    def image(self) -> ImageArtifact:
        """The image, built."""
        return build(self.plan, self.cache, SilentReporter())


@pytest.fixture
def project(new_project: Callable[..., Project]) -> Project:
    """A project that stands on a base with packages."""
    made = new_project({**MODEL, "pyproject.toml": '[tool.mlfn]\nbase = "oci:base"\n'})
    small_base(made.root / "base", BASE)
    return made


def packages(tmp_path: Path, *layers: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """Name, version and place of what a base of these layers has."""
    lay_out(tmp_path / "base", (base_blobs(*map(layer, layers)), None))
    found: tuple[BasePackage, ...] = (
        BaseStore(tmp_path / "cache", SilentReporter()).find("oci:base", tmp_path, Architecture.X86_64).packages
    )
    return [(each.name, each.version, each.directory) for each in found]


def test_a_bases_packages_are_found_where_aws_and_others_put_them(tmp_path: Path) -> None:
    other = distribution("Other.Name", "3", files={"other/__init__.py": b""})

    assert packages(tmp_path, {**BASE, **at(SITE, other)}) == [
        ("core", "2.0", AWS),
        ("other-name", "3", SITE),
        ("sdk", "1.5", AWS),
        ("sticks", "0.9", AWS),
    ]


def test_of_two_versions_that_counts_which_the_interpreter_finds_first(tmp_path: Path) -> None:
    newer = distribution("sdk", "1.6")

    assert packages(tmp_path, {**FILES, **at(AWS, SDK), **at(SITE, newer)}) == [("sdk", "1.6", SITE)]


NOT_WHOLE: dict[str, list[dict[str, bytes]]] = {
    "a-file-is-gone": [at(AWS, SDK), {f"{AWS}/sdk/.wh.__init__.py": b""}],
    "a-file-is-another": [at(AWS, SDK), {f"{AWS}/sdk/__init__.py": b"something else"}],
    "all-of-it-is-hidden": [at(AWS, SDK), {f"{AWS}/.wh..wh..opq": b""}],
    "it-has-no-record": [{path: each for path, each in at(AWS, SDK).items() if not path.endswith("RECORD")}],
    "it-is-a-namespace": [at(AWS, distribution("ns-a", "1", files={"ns/a.py": b""}))],
    "two-share-a-package": [at(AWS, *(distribution(name, "1", files={"both/__init__.py": b""}) for name in "ab"))],
    "it-changes-the-path": [at(AWS, distribution("evil", "1", files={"evil.pth": b"import evil"}))],
    "another-interpreters": [at("usr/lib/python3.9/site-packages", SDK)],
    "it-has-no-name": [at(AWS, {**SDK, "sdk-1.5.dist-info/METADATA": b"Version: 1.5\n"})],
}


@pytest.mark.parametrize("layers", [pytest.param(layers, id=name) for name, layers in NOT_WHOLE.items()])
def test_a_package_that_is_not_whole_or_not_alone_is_not_counted(
    tmp_path: Path, layers: list[dict[str, bytes]]
) -> None:
    assert packages(tmp_path, FILES, *layers) == []


def test_a_whiteout_hides_nothing_of_its_own_layer(tmp_path: Path) -> None:
    lower, upper = at(AWS, distribution("sdk", "1.4")), {**at(AWS, SDK), f"{AWS}/.wh..wh..opq": b""}

    assert packages(tmp_path, FILES, lower, upper) == [("sdk", "1.5", AWS)]


def test_a_requirement_that_the_base_has_is_locked_to_its_version_and_not_installed(
    project: Project, index: Path, tmp_path: Path
) -> None:
    made = Made(project, tmp_path / "cache", "thing", "sdk>=1.5")

    image = made.image()

    assert made.lent == ["core", "sdk", "sticks"]
    assert (made.version("sdk"), made.version("core"), made.version("thing")) == ("1.5", "2.0", "1.0")
    links = {member.name: member.linkname for member, _ in members(image) if member.issym()}
    assert links["opt/python/sdk"] == "/var/runtime/sdk"
    assert links["opt/python/sticks.py"] == "/var/runtime/sticks.py"
    installed = {member.name.split("/")[2] for member, _ in members(image) if member.name.startswith("opt/python/")}
    assert not {name for name in installed if name.startswith("thing-")} - {"thing-1.0.dist-info"}
    assert [each for each in lint(image.location, made.cache) if "opt/python" in each.message] == []


@needs_311
def test_what_comes_from_the_base_is_imported_with_its_version_and_byte_code(
    project: Project, index: Path, tmp_path: Path
) -> None:
    image = Made(project, tmp_path / "cache", "sdk").image()
    root = tmp_path / "root"
    _unpack(image, root)
    code = "import sdk, sticks, importlib.metadata as m, json\n"
    code += "print(json.dumps([sdk.version, m.version('sdk'), sticks.version, sdk.__cached__, sticks.__cached__]))"

    answer = subprocess.check_output(
        [sys.executable, "-S", "-c", code], env={**os.environ, "PYTHONPATH": str(root / "opt" / "python")}
    )

    *versions, sdk, sticks = json.loads(answer)
    assert versions == ["1.5", "1.5", "0.9"]
    assert Path(sdk).read_bytes()[4:8] == Path(sticks).read_bytes()[4:8] == b"\1\0\0\0"  # never compared with sources


def _unpack(image: ImageArtifact, root: Path) -> None:
    """The image's files, its absolute links led to where they are now."""
    for layer_of in json.loads(_blob(image, image.digest))["layers"]:
        with tarfile.open(fileobj=io.BytesIO(_blob(image, layer_of["digest"])), mode="r:gz") as archive:
            for member in archive:
                if member.issym():
                    member.linkname = f"{root}{member.linkname}"
                archive.extract(member, root, filter="fully_trusted")


def _blob(image: ImageArtifact, digest: str) -> bytes:
    return (image.location / "blobs" / digest.replace(":", "/")).read_bytes()


def test_a_version_that_the_user_pins_is_installed(project: Project, index: Path, tmp_path: Path) -> None:
    made = Made(project, tmp_path / "cache", "sdk==1.9")

    assert made.version("sdk") == "1.9"
    assert made.lent == ["core", "sticks"]
    assert "opt/python/sdk/__init__.py" in {member.name for member, _ in members(made.image()) if member.isreg()}


def test_what_needs_another_version_than_the_bases_is_installed_with_it(
    project: Project, index: Path, tmp_path: Path
) -> None:
    made = Made(project, tmp_path / "cache", "sdk", "core>=2.5")

    assert (made.version("sdk"), made.version("core")) == ("1.5", "2.7")
    assert made.lent == ["sticks"]


def test_a_project_may_bring_all_its_packages_itself(project: Project, index: Path, tmp_path: Path) -> None:
    project.write({"pyproject.toml": '[tool.mlfn]\nbase = "oci:base"\nbase-packages = false\n'})

    made = Made(project, tmp_path / "cache", "sdk")

    assert (made.lent, made.version("sdk")) == ([], "1.9")
    assert [each.name for each in made.plan.layers if isinstance(each, BytecodeLayer)] in (["bytecode"], [])


def test_a_package_that_would_be_hidden_by_the_bases_is_told(project: Project, index: Path, tmp_path: Path) -> None:
    made = Made(project, tmp_path / "cache", "sdk", "shared")

    with pytest.raises(DependencyError, match=r"core 2\.0, which the base image has, shares 'core'"):
        made.image()


def test_a_layer_may_be_links_alone(project: Project, index: Path, tmp_path: Path) -> None:
    own = [
        distribution(CORE, own_version(CORE), files={"pydantic_core/__init__.py": b""}),
        distribution("typing-extensions", own_version("typing-extensions"), files={"typing_extensions.py": b""}),
    ]
    small_base(project.root / "whole", {**BASE, **at(AWS, *own)})
    project.write({"pyproject.toml": '[tool.mlfn]\nbase = "oci:whole"\n'})

    made = Made(project, tmp_path / "cache", "sdk")

    reqs = [member for member, _ in members(made.image()) if member.name.startswith("opt/python/")]
    assert made.lent == ["core", CORE, "sdk", "sticks", "typing-extensions"]
    assert {member.isreg() for member in reqs} == {False}


def test_the_sizes_and_the_bill_say_what_comes_from_the_base(project: Project, index: Path, tmp_path: Path) -> None:
    made = Made(project, tmp_path / "cache", "sdk")
    image = made.image()

    names = {part.name: part.size_bytes for part in image_parts(made.plan, made.cache)}
    bill = json.loads(bill_of_materials(made.plan, image, made.cache))

    assert names["sdk 1.5 (from the base)"] == 0
    assert [each["version"] for each in bill["components"] if each["name"] == "sdk"] == ["1.5"]


def test_an_ejected_context_brings_its_packages_itself(project: Project, index: Path, tmp_path: Path) -> None:
    made = Made(project, tmp_path / "cache", "sdk")

    eject(made.plan, tmp_path / "context")

    assert "sdk==1.5" in (tmp_path / "context" / "requirements.txt").read_text()


def test_a_lock_keeps_what_the_base_has(project: Project, index: Path, tmp_path: Path) -> None:
    function = project.model("mood:sentiment", requirements=("sdk",))

    lock_project(project.graph(function), SilentReporter(), cache=tmp_path / "cache")

    document = json.loads((project.root / "mlfn.lock").read_text())
    assert document["bases"]["x86_64"]["packages"]["sdk"] == {
        "directory": AWS,
        "needs": ["core", "extra-thing"],
        "tops": ["sdk", "sdk-1.5.dist-info"],
        "version": "1.5",
    }
    assert Made(project, tmp_path / "other", "sdk").lent == ["core", "sdk", "sticks"]


def test_a_lock_of_an_older_mlfn_lends_nothing(project: Project, index: Path, tmp_path: Path) -> None:
    function = project.model("mood:sentiment", requirements=("sdk",))
    path = lock_project(project.graph(function), SilentReporter(), cache=tmp_path / "cache").path
    document = json.loads(path.read_text())
    del document["bases"]["x86_64"]["packages"]
    path.write_text(json.dumps(document))

    assert Made(project, tmp_path / "cache", "sdk").lent == []
