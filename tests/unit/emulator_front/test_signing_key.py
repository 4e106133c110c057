"""A key for many texts signs as Python's own HMAC does."""

from __future__ import annotations

import hmac

import pytest

from mlfn_localstack.auth.signing_key import SigningKey


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])
def test_every_length_of_key_signs_as_hmac_does_text_after_text(length: int) -> None:
    key = bytes(range(length))
    signing_key = SigningKey(key)

    for text in (b"", b"AWS4-HMAC-SHA256\n20261127T000000Z", b"x" * 1000):
        assert signing_key.sign(text) == hmac.new(key, text, "sha256").hexdigest()
