"""What Lambda refuses and engines accept: each rule, and the images that break it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.functional.build.base_layouts import base_blobs, described, digest, lay_out, small_base
from tests.functional.build.test_base_images import based, found
from tests.functional.build.test_oci import plan

from mlfn.errors import BuildError
from mlfn_engine.builders.linted import LintingBuilder
from mlfn_engine.builders.oci import OciBuilder
from mlfn_engine.cache import FileDigests
from mlfn_engine.images.plan_digest import identified
from mlfn_engine.images.values import FilesLayer, PlannedFile
from mlfn_engine.linting.findings import Finding, Severity
from mlfn_engine.linting.image import lint
from mlfn_engine.reporting import SilentReporter

DIRECTORIES = ("usr", "usr/bin", "var", "var/task")
COMMAND: dict[str, Any] = {"Entrypoint": ["/usr/bin/python3.11"]}
FAKE_KEY = b"aws_secret_access_key = " + b"A" * 40


def entry(name: str, **attributes: Any) -> tarfile.TarInfo:
    """An entry of a layer: a file of everybody's, unless said else."""
    made = tarfile.TarInfo(name)
    made.mode = 0o755
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made


def directories(*names: str) -> list[tarfile.TarInfo]:
    """Entries of directories."""
    return [entry(name, type=tarfile.DIRTYPE) for name in names]


def packed(*entries: tarfile.TarInfo, content: bytes = b"") -> bytes:
    """A layer; every file has this content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for each in entries:
            each.size = len(content) if each.isreg() else 0
            archive.addfile(each, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def good() -> list[tarfile.TarInfo]:
    """A layer with the interpreter, and nothing wrong."""
    return [*directories(*DIRECTORIES), entry("usr/bin/python3.11")]


def linted(tmp_path: Path, *layers: bytes, own: int = 1, **options: Any) -> tuple[Finding, ...]:
    """What is found of an image whose last layers are mlfn's."""
    blobs = base_blobs(*layers, **{**COMMAND, **options})
    config = json.loads(blobs[-2][1])
    config["history"] = [{"created_by": f"mlfn: {number}"} for number in range(own)]
    blobs[-2:] = rewritten(blobs, config)
    return lint(lay_out(tmp_path / "image", (blobs, None)), tmp_path / "cache")


def rewritten(blobs: list[tuple[str, bytes]], config: dict[str, Any]) -> list[tuple[str, bytes]]:
    """The two documents with another configuration."""
    settings = json.dumps(config).encode()
    manifest = json.loads(blobs[-1][1])
    manifest["config"] = described("application/vnd.oci.image.config.v1+json", settings)
    content = json.dumps(manifest).encode()
    return [(digest(settings), settings), (digest(content), content)]


def rules(findings: tuple[Finding, ...], severity: Severity = Severity.ERROR) -> set[str]:
    """The rules that are broken."""
    return {finding.rule for finding in findings if finding.severity is severity}


def test_an_image_as_it_should_be_breaks_no_rule(tmp_path: Path) -> None:
    assert linted(tmp_path, packed(*good())) == ()


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        pytest.param("parent directories", [entry("opt/python/x.txt")], id="parents"),
        pytest.param("permissions", [entry("var/task/x.txt", mode=0o640)], id="unreadable-file"),
        pytest.param("permissions", [entry("var/task/d", mode=0o700, type=tarfile.DIRTYPE)], id="unreadable-directory"),
        pytest.param("setuid", [entry("usr/bin/su", mode=0o4755)], id="setuid"),
        pytest.param("setuid", [entry("usr/bin/wall", mode=0o2755)], id="setgid"),
        pytest.param("devices", [entry("var/null", type=tarfile.CHRTYPE)], id="device"),
        pytest.param("paths", [entry("../etc/passwd")], id="out-of-the-image"),
        pytest.param("paths", [entry("/var/task/x.txt")], id="absolute"),
        pytest.param("paths", [entry("var/task/x"), entry("var/task/x")], id="twice"),
        pytest.param("paths", [entry("var/x", type=tarfile.LNKTYPE, linkname="../../etc/shadow")], id="hard-link"),
        pytest.param("secrets", [entry("var/task/.env")], id="secret-by-name"),
    ],
)
def test_a_layer_that_lambda_would_refuse_or_nobody_should_ship_is_found(
    tmp_path: Path, rule: str, wrong: list[tarfile.TarInfo]
) -> None:
    assert rule in rules(linted(tmp_path, packed(*good(), *wrong)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"-----BEGIN RSA PRIVATE " + b"KEY-----\nMIIE", id="private-key"),
        pytest.param(FAKE_KEY, id="aws"),
        pytest.param(b"token = 'ghp_" + b"a" * 36 + b"'", id="github"),
    ],
)
def test_a_file_that_holds_credentials_is_found(tmp_path: Path, content: bytes) -> None:
    code = packed(*directories("var", "var/task"), entry("var/task/settings.py"), content=content)

    assert "secrets" in rules(linted(tmp_path, packed(*good()), code))


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        pytest.param("gzip", {"layer_type": "application/vnd.oci.image.layer.v1.tar"}, id="uncompressed"),
        pytest.param("entrypoint", {"Entrypoint": []}, id="no-entrypoint"),
        pytest.param("entrypoint", {"Entrypoint": ["/usr/bin/ruby"]}, id="absent-program"),
        pytest.param("processor", {"architecture": "s390x"}, id="processor"),
        pytest.param("secrets", {"Env": [FAKE_KEY.decode().replace(" ", "")]}, id="secret-variable"),
    ],
)
def test_settings_that_lambda_would_refuse_are_found(tmp_path: Path, rule: str, options: dict[str, Any]) -> None:
    assert rule in rules(linted(tmp_path, packed(*good()), **options))


def test_an_index_of_two_is_found(tmp_path: Path) -> None:
    blobs = base_blobs(packed(*good()), **COMMAND)
    lay_out(tmp_path / "image", (blobs, None), (blobs, None))

    assert "single manifest" in rules(lint(tmp_path / "image", tmp_path / "cache"))


def test_an_image_beyond_lambdas_size_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlfn_engine.linting.image_rules.UNPACKED_LIMIT", 1000)

    assert "size" in rules(linted(tmp_path, packed(*good(), content=b"x" * 2000)))


def test_more_layers_than_engines_stack_are_found(tmp_path: Path) -> None:
    assert "layers" in rules(linted(tmp_path, *[packed(*good())] * 128))


def test_what_a_base_image_does_in_its_own_way_is_a_warning(tmp_path: Path) -> None:
    base = packed(*good(), entry("usr/bin/su", mode=0o4755), entry("etc", type=tarfile.DIRTYPE, mode=0o700))

    found = linted(tmp_path, base, own=0)

    assert (rules(found), rules(found, Severity.WARNING)) == (set(), {"setuid"})


def test_modules_without_byte_code_are_a_warning(tmp_path: Path) -> None:
    found = linted(tmp_path, packed(*good(), entry("var/task/app.py")))

    assert [each.message.partition(",")[0] for each in found] == ["1 modules have no byte code"]


def test_many_findings_of_a_kind_are_told_in_few_lines(tmp_path: Path) -> None:
    found = linted(tmp_path, packed(*good(), *(entry(f"var/task/{n}", mode=0o600) for n in range(1000))))

    assert len(found) == 4
    assert "and 997 more like these" in {each.message for each in found}


def test_an_image_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = linted(tmp_path, packed(*good(), entry("usr/bin/su", mode=0o4755)))
    monkeypatch.delattr("mlfn_engine.linting.image.layer_entries")

    assert lint(tmp_path / "image", tmp_path / "cache") == first


def test_a_build_that_would_ship_a_secret_is_refused_and_says_where_it_is(tmp_path: Path) -> None:
    base = found(f"oci:{small_base(tmp_path / 'base')}", tmp_path)
    secret = PlannedFile(path="var/task/settings.py", source=FAKE_KEY)
    draft = replace(based(base), layers=(FilesLayer(name="code", files=(secret,)),))
    builder = LintingBuilder(OciBuilder(tmp_path / "cache"), tmp_path / "cache")

    with pytest.raises(BuildError, match=r"secrets: var/task/settings\.py holds an AWS secret key"):
        builder.build(identified(draft, FileDigests(tmp_path)), SilentReporter())


def test_images_that_only_run_here_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("mlfn_engine.linting.image.lint")

    assert LintingBuilder(OciBuilder(tmp_path), tmp_path).build(plan(), SilentReporter()).size_bytes > 0
