"""Digests are SHA-256's, whoever computes them."""

from __future__ import annotations

import hashlib

import pytest

from mlfn import sha256

SIZES = (0, 1, 64, sha256.LARGE_IF_LOADED - 1, sha256.LARGE_IF_LOADED, sha256.LARGE - 1, sha256.LARGE)


@pytest.mark.parametrize("loaded", [False, True], ids=["nobody has loaded OpenSSL", "it is loaded"])
@pytest.mark.parametrize("size", SIZES)
def test_a_digest_is_sha_256(size: int, loaded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sha256, "_openssl", None)
    monkeypatch.setattr(sha256, "_small_below", sha256.LARGE)
    if loaded:
        sha256.prefer_openssl()
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)

    assert sha256.sha256(data) == hashlib.sha256(data).digest()
    assert sha256.is_large(data) is (size >= (sha256.LARGE_IF_LOADED if loaded else sha256.LARGE))


def test_a_hash_goes_on() -> None:
    hash_of_first = sha256.hasher(b"first")
    hash_of_both = hash_of_first.copy()
    hash_of_both.update(b"second")

    assert hash_of_first.digest() == sha256.sha256(b"first")
    assert hash_of_both.digest() == sha256.sha256(b"firstsecond")
