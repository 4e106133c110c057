"""The key file of a project's own signer."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfn.errors import AuditError
from mlfn_audit.note import opened, signed
from mlfn_audit.signing import file_signer


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "dev.key"

    first, second = file_signer(path, "trail"), file_signer(path, "trail")

    assert path.stat().st_mode & 0o777 == 0o600
    assert first.public_key == second.public_key
    assert opened(signed("text\n", first), second.public_key) == "text\n"
    assert [each.name for each in path.parent.iterdir()] == ["dev.key"]


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "dev.key"
    file_signer(path, "trail")
    path.chmod(0o644)

    with pytest.raises(AuditError, match="Others may read"):
        file_signer(path, "trail")


def test_a_file_that_is_no_key_is_told(tmp_path: Path) -> None:
    path = tmp_path / "dev.key"
    path.write_text("not hex")
    path.chmod(0o600)

    with pytest.raises(AuditError, match="not a signing key"):
        file_signer(path, "trail")
