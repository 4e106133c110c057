"""The data key's HMAC is the one of RFC 2104, whatever it is computed by."""

from __future__ import annotations

import hmac

import pytest

from mlfn.runtime.data_key import DataKey


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 63, b"x" * 64, b"x" * 100_000], ids=len)
def test_it_is_hmac_sha256(data: bytes) -> None:
    secret = bytes(range(32))

    key = DataKey(secret)

    assert key.hmac(data) == hmac.digest(secret, data, "sha256")
    assert key.hmac(data) == key.hmac(data)


def test_a_key_is_named_without_being_told() -> None:
    first, second = DataKey(bytes(32)), DataKey(bytes(31) + b"\1")

    assert len(first.id) == 16
    assert first.id != second.id
    assert first.id == DataKey(bytes(32)).id
