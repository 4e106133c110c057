"""Secrets planted wherever a secret can be: none of them turns up where something is kept."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.project import Project, free_port
from tests.functional.bad_inputs.conftest import Gate, emulator_of

pytestmark = pytest.mark.xdist_group("bad_inputs")
AWS_KEY = "AKIA" + "QXCANARYKEYZ" + "7WQ4"
AWS_SECRET = "canary/Secret+" + "kJ3hV9sQmZ2xW8cR5tY1uB"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJjYW5hcnktc3ViamVjdCJ9." + "c2lnbmF0dXJlLWNhbmFyeQ"
PEM = "-----BEGIN PRIVATE KEY-----\nMIICANARYKEYc3VyZWx5bm90\n-----END PRIVATE KEY-----"
SSN = "078-05-1120"
CANARIES = {
    "an AWS key": AWS_KEY.encode(),
    "an AWS secret": AWS_SECRET.encode(),
    "a JWT": JWT.encode(),
    "a private key": b"MIICANARYKEYc3VyZWx5bm90",
    "a social security number": SSN.encode(),
}
SECRETS = [AWS_KEY, AWS_SECRET, JWT, PEM, SSN]
APP = {
    "pyproject.toml": """
[project]
name = "vault"
version = "1"

[tool.mlfn]
app = "vault"
include = ["*", "**/*"]
""",
    "app.py": """
import os
import sys
from dataclasses import dataclass
from typing import Annotated

from mlfn import Sensitive, model

Secret = Annotated[str, Sensitive()]


@dataclass
class Case:
    what: str
    secrets: list[Secret]
    by_name: dict[str, Annotated[str, Sensitive("hmac")]]


@dataclass
class Finding:
    label: str
    found: Annotated[list[str], Sensitive("keep_type")]


@model(memory_mb=128, timeout_s=5, capture="full")
def look(case: Case) -> Finding:
    if case.what == "raise":
        raise ValueError(" ".join(case.secrets))
    if case.what == "exit":
        sys.exit(" ".join(case.secrets))
    if case.what == "wrong":
        return Finding(label="wrong", found=[1, *case.secrets])
    return Finding(label="fine", found=[*case.secrets, *case.by_name.values()])
""",
    ".env": f"AWS_ACCESS_KEY_ID={AWS_KEY}\nAWS_SECRET_ACCESS_KEY={AWS_SECRET}\nTOKEN={JWT}\n",
    ".aws/credentials": f"[default]\naws_secret_access_key = {AWS_SECRET}\n",
    "id_rsa": PEM,
    "server.pem": PEM,
    "tests/test_app.py": f"SSN = '{SSN}'\n",
}


def case(what: str) -> dict[str, Any]:
    return {"what": what, "secrets": SECRETS, "by_name": {str(number): text for number, text in enumerate(SECRETS)}}


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and what is inside compressed ones."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            yield str(path.relative_to(folder)), data
            if data[:2] == b"\x1f\x8b":
                try:
                    yield f"{path.relative_to(folder)} unpacked", gzip.decompress(data)
                except (OSError, EOFError, zlib.error):
                    continue


def found_in(places: Iterator[tuple[str, bytes]] | list[tuple[str, bytes]]) -> list[str]:
    forms = {name: (text, text.replace(b"/", b"\\/"), text.hex().encode()) for name, text in CANARIES.items()}
    return [
        f"{name} in {place}"
        for place, data in places
        for name, all_of in forms.items()
        if any(f in data for f in all_of)
    ]


@pytest.fixture(scope="module", name="vault")
def _vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    root = tmp_path_factory.mktemp("canaries")
    project = Project(root=root / "vault", port=free_port())
    for name, text in APP.items():
        project.write(name, text)
    with pytest.MonkeyPatch.context() as environment:
        for number, text in enumerate(SECRETS):
            environment.setenv(f"CANARY_{number}", text)
        project.start_emulator()
        project.ok("deploy")
        keys = project.ok("emulator", "env", "--json").json
        url = dict(project.ok("status", "--json").json["outputs"])["ApiUrl"]
        yield Gate(project=project, url=f"{url}/models/look", keys=keys, clients={}, emulator=emulator_of(project))
        project.mlfn("emulator", "stop")


@pytest.fixture(scope="module", name="called")
def _called(vault: Gate) -> Gate:
    """The app after calls of every kind, with secrets in all that a caller can send."""
    headers = {"Cookie": f"session={JWT}", "X_Api_Key": AWS_SECRET, "X_Auth": f"Bearer {JWT}", "X_Ssn": SSN}
    told = [vault.api(json.dumps(case(what)).encode(), **headers) for what in ("look", "raise", "wrong")]
    vault.api(json.dumps({"what": SECRETS, "secrets": 1, "by_name": SECRETS}).encode(), **headers)
    vault.api(json.dumps({**case("look"), "surplus": SECRETS}).encode(), **headers)
    vault.direct_to("vault-dev-look", json.dumps(case("raise")).encode())
    vault.direct_to("vault-dev-look", json.dumps(case("exit")).encode())
    for answer in told:
        vault.record(answer)
    return vault


def test_the_calls_were_made(called: Gate) -> None:
    assert {record.status for record in called.records()} >= {"ok", "error", "rejected"}
    assert any(record.payload for record in called.records())


def test_nothing_is_in_templates_and_image_layers(called: Gate) -> None:
    templates = [
        ("template", called.project.ok("render").out.encode()),
        ("base", called.project.ok("render", "--base").out.encode()),
    ]

    assert found_in(templates) == []
    layers = [(place, data) for place, data in contents(called.project.root / ".mlfn") if place.endswith("unpacked")]
    assert any(b"class Finding" in data for _, data in layers)
    assert found_in(layers) == []


def test_nothing_is_in_the_payloads_that_were_kept(called: Gate) -> None:
    s3 = called.client("s3")
    bucket = "mlfn-data-dev-000000000000-us-east-1"
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="payloads/")["Contents"]]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]

    kept = [json.loads(body) for body in bodies]
    assert found_in([(str(number), body) for number, body in enumerate(bodies)]) == []
    assert {payload["input"]["what"] for payload in kept} == {"look", "raise", "wrong"}
    assert all(payload["input"]["secrets"] == [None] * len(SECRETS) for payload in kept)
    assert all(value.startswith("hmac:") for payload in kept for value in payload["input"]["by_name"].values())
    assert all(payload["output"]["found"] == [] for payload in kept if "output" in payload)


def test_nothing_is_in_checkpoints_and_exports(called: Gate, tmp_path: Path) -> None:
    called.project.ok("audit", "seal")
    file = tmp_path / "trail.jsonl"
    called.project.ok("audit", "export", "--output", str(file))

    assert file.stat().st_size > 1000
    assert found_in(contents(tmp_path)) == []


def test_nothing_is_in_logs_table_bucket_or_whatever_else_the_target_keeps(called: Gate) -> None:
    """Its whole state on disk is searched: log groups, items and their stream, objects, images, configurations."""
    state = called.project.root / ".mlfn"

    assert sum(1 for _ in contents(state)) > 10
    assert found_in(contents(state)) == []


def test_payloads_can_be_forgotten_with_their_key(called: Gate) -> None:
    """Last of this file: it takes away what the others look at."""
    done = called.project.ok("audit", "forget", "vault", "--payloads", "--yes", "--json").json

    left = called.client("s3").list_object_versions(Bucket="mlfn-data-dev-000000000000-us-east-1", Prefix="payloads/")
    assert done["payloads"] >= 4
    assert len(done["destroyed"]) == 1
    assert "Versions" not in left
    assert "DeleteMarkers" not in left
