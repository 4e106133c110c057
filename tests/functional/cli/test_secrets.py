"""A secret from Secrets Manager through a deployed model: used, renewed, refused, and seen nowhere."""

from __future__ import annotations

import uuid
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
pytestmark = pytest.mark.xdist_group("life")


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
    assert canary not in template + failed.out + failed.err + project.ok("logs", "signed").out
    files = [path for path in project.root.rglob("*") if path.is_file()]
    assert not [path for path in files if canary.encode() in path.read_bytes()]
