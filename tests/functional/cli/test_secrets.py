"""A secret from Secrets Manager through a deployed model: used, renewed, refused, and seen nowhere."""

from __future__ import annotations

import json
import uuid
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fixtures.project import Project

APP = """
from hashlib import sha256
from mlfn import model
from mlfn.secrets import Secret, secret

def shown(result: str) -> str:
    return secret("API_KEY").reveal()

@model(secrets={"API_KEY": Secret("shop/{stage}/api-key")}, capture="full", summary=shown)
def signed(text: str) -> str:
    key = secret("API_KEY", fresh=True)
    print("signing with", key.reveal())
    if text == "raise":
        raise ValueError(f"no {key.reveal()}")
    return sha256(f"{text}{key.reveal()}".encode()).hexdigest()

@model(secrets={"OTHER": Secret("shop/{stage}/other")})
def unlucky(text: str) -> str:
    return secret("OTHER").reveal()
"""
pytestmark = pytest.mark.xdist_group("life-secrets")


def test_a_deployed_model_uses_its_secret_and_leaves_no_trace_of_it(project: Project) -> None:
    canary = f"canary-{uuid.uuid4().hex}"
    project.start_emulator()
    client = project.client("secretsmanager")
    client.create_secret(Name="shop/dev/api-key", SecretString=canary)
    client.create_secret(Name="shop/dev/api-key-2", SecretString="another one")
    project.write("app.py", APP)
    template = project.ok("render").out
    project.ok("deploy")

    first = project.ok("invoke", "signed", '"a"').json
    failed = project.mlfn("invoke", "signed", '"raise"')
    client.put_secret_value(SecretId="shop/dev/api-key", SecretString=f"{canary}-2")
    second = project.ok("invoke", "signed", '"a"').json
    missing = project.mlfn("invoke", "unlucky", '"a"')

    assert first != second
    assert failed.code != 0
    assert "ValueError: no ***" in project.ok("logs", "signed").out
    assert "shop/dev/other" in missing.out + missing.err
    assert canary not in template + failed.out + failed.err + project.ok("logs", "signed", "--all").out
    files = [path for path in project.root.rglob("*") if path.is_file()]
    assert not [path for path in files if canary.encode() in path.read_bytes()]


STORED = """
from hashlib import sha256
from mlfn import model
from mlfn.secrets import Secret, secret

@model(secrets={"TOKEN": Secret("/shop/{stage}/token", store="ssm"), "LOGIN": Secret("shop/login", field="password")})
def signed(text: str) -> str:
    key = secret("TOKEN", fresh=True).reveal() + secret("LOGIN", fresh=True).reveal()
    print("signing with", key)
    if text == "raise":
        raise ValueError(f"no {key}")
    return sha256(key.encode()).hexdigest()

@model(secrets={"PIN": Secret("/shop/{stage}/pin", store="ssm", max_age_s=60)})
def other(text: str) -> str:
    return secret("PIN").reveal()
"""


def test_values_are_set_from_a_file_or_standard_input_and_are_seen_nowhere(project: Project) -> None:
    token, password = f"canary-{uuid.uuid4().hex}", f"canary-{uuid.uuid4().hex}"
    project.start_emulator()
    project.write("app.py", STORED)
    project.ok("deploy")
    outside = project.root.parent / "value"
    outside.write_text(f"{password}\n", encoding="utf-8")
    missing = project.ok("secret", "list", "--json").json

    said = project.ok("secret", "set", "TOKEN", stdin=f"{token}\n")
    project.client("secretsmanager").create_secret(Name="shop/login", SecretString='{"user": "dana"}')
    project.ok("secret", "set", "LOGIN", "--from-file", str(outside))
    first = project.ok("invoke", "signed", '"a"').json
    failed = project.mlfn("invoke", "signed", '"raise"')
    project.ok("secret", "set", "/shop/dev/token", stdin=f"{token}-2")
    second = project.ok("invoke", "signed", '"a"').json

    assert [each["exists"] for each in missing] == [False, False, False]
    assert "TOKEN: /shop/dev/token has a new value; models see it within 300 s." in said.out
    assert first == sha256(f"{token}{password}".encode()).hexdigest()
    assert second == sha256(f"{token}-2{password}".encode()).hexdigest()
    kept = project.client("secretsmanager").get_secret_value(SecretId="shop/login")["SecretString"]
    assert json.loads(kept) == {"user": "dana", "password": password}
    listed = {each["name"]: each for each in project.ok("secret", "list", "--json").json}
    assert (listed["TOKEN"]["key"], listed["LOGIN"]["key"]) == ("alias/aws/ssm", "aws/secretsmanager")
    assert (listed["TOKEN"]["models"], listed["PIN"]["exists"]) == (["signed"], False)
    assert "missing: mlfn secret set" in project.ok("secret", "list").out

    seen = said.out + failed.out + failed.err + project.ok("logs", "signed").out + project.ok("render").out
    assert "ValueError: no ***" in seen
    assert not [each for each in (token, password) if each in seen]
    files = [path.read_bytes() for path in project.root.rglob("*") if path.is_file()]
    assert not [text for text in files if token.encode() in text or password.encode() in text]


def test_what_is_no_value_or_no_secret_is_refused_without_showing_any(project: Project) -> None:
    project.start_emulator()
    project.write("app.py", STORED)
    long = "canary-" + "x" * 4096

    nothing, unknown = project.mlfn("secret", "set", "TOKEN"), project.mlfn("secret", "set", "SPARE", stdin="x")
    large, absent = (
        project.mlfn("secret", "set", "TOKEN", stdin=long),
        project.mlfn("secret", "set", "TOKEN", "--from-file", "no"),
    )
    binary = project.root.parent / "binary"
    binary.write_bytes(b"\xff\xfe")
    no_text = project.mlfn("secret", "set", "TOKEN", "--from-file", str(binary))
    project.client("secretsmanager").create_secret(Name="shop/login", SecretString="canary-no-object")
    no_object = project.mlfn("secret", "set", "LOGIN", stdin="canary")

    assert (nothing.code, "There is no value." in nothing.err) == (2, True)
    assert (unknown.code, "It declares: LOGIN, PIN, TOKEN." in unknown.err) == (2, True)
    assert (large.code, "has 4,103 bytes, and its store takes 4,096" in large.err) == (2, True)
    assert (absent.code, "Cannot read no" in absent.err) == (2, True)
    assert (no_text.code, "not text" in no_text.err) == (2, True)
    assert (no_object.code, "holds no JSON object" in no_object.err) == (1, True)
    assert "canary" not in large.err + no_object.err
