"""The archive of a function, fetched from where GetFunction says it is."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import MakeRole, Target


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - the emulator's, or S3's
        body: bytes = answer.read()
    return body


@pytest.fixture
def location(target: Target, make_role: MakeRole) -> Iterator[tuple[bytes, str]]:
    """The archive of a new function, and its address."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("app.py", "def handler(event, context): return 1")
    client, name = target.client("lambda"), f"conf-{uuid.uuid4().hex[:12]}"
    role = make_role("lambda.amazonaws.com", {"Action": "logs:*", "Resource": "*"})
    code: dict[str, Any] = {"ZipFile": buffer.getvalue()}
    client.create_function(FunctionName=name, Runtime=PYTHON_RUNTIME, Handler="app.handler", Role=role, Code=code)
    yield buffer.getvalue(), client.get_function(FunctionName=name)["Code"]["Location"]
    client.delete_function(FunctionName=name)


def test_the_archive_is_fetched_without_keys(location: tuple[bytes, str]) -> None:
    archive, url = location

    assert _fetch(url) == archive


def test_an_address_that_was_changed_is_refused(location: tuple[bytes, str], target: Target) -> None:
    target.only_emulator("the address is its own")
    _, url = location
    head, _, query = url.partition("?")

    for changed in (head, f"{head}?{query[:-1]}0x", url.replace("Expires-At=", "Expires-At=9")):
        with pytest.raises(urllib.error.HTTPError) as raised:
            _fetch(changed)
        assert raised.value.code == 403
        raised.value.close()
