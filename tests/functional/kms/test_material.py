"""Key material: sealed, bound, wrapped."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfn_localstack.services.kms.material import MasterKey, seal, unseal

KEY = bytes(range(32))


def test_what_is_sealed_opens_only_with_what_it_is_bound_to() -> None:
    sealed = seal(KEY, b"secret", b"context")

    assert unseal(KEY, sealed, b"context") == b"secret"
    assert unseal(KEY, sealed, b"other") is None
    assert unseal(bytes(32), sealed, b"context") is None
    assert unseal(KEY, b"short", b"context") is None


def test_the_same_plaintext_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(KEY, b"secret", b"") != seal(KEY, b"secret", b"")


def test_material_opens_only_under_its_own_master_key(tmp_path: Path) -> None:
    wrapped = MasterKey(tmp_path / "one").wrap(b"material", "id")

    assert MasterKey(tmp_path / "one").unwrap(wrapped, "id") == b"material"
    with pytest.raises(ValueError, match="does not open the material of key id"):
        MasterKey(tmp_path / "two").unwrap(wrapped, "id")
    with pytest.raises(ValueError, match="does not open the material of key other"):
        MasterKey(tmp_path / "one").unwrap(wrapped, "other")
