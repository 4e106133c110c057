"""What a template encrypts and with which key, told in words."""

from __future__ import annotations

import pytest

from mlfn.errors import DiscoveryError
from mlfn_engine.kms_key import read_kms_key
from mlfn_engine.planning.differences import key_changes
from mlfn_engine.planning.encryption import stage_key
from mlfn_templates import render_base

OWN = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


def test_a_stage_that_gets_a_key_is_told_what_comes_under_it() -> None:
    before, after = render_base("dev").body, render_base("dev", OWN).body

    assert [f"{each.subject}: {each.told}" for each in key_changes(before, after)] == [
        f"AuditTable: items encrypted with AWS's own key → the KMS key {OWN}",
        f"DataBucket: new objects encrypted with AWS's own key → the KMS key {OWN}",
    ]
    assert key_changes(None, after) == key_changes(after, after) == ()


def test_a_base_stack_tells_its_stages_key() -> None:
    assert stage_key(render_base("dev").body) is None
    assert stage_key(None) is None
    assert stage_key(render_base("dev", "create").body) == "StageKey.Arn"
    assert stage_key(render_base("dev", OWN).body) == OWN


@pytest.mark.parametrize("value", [None, "create", OWN])
def test_a_key_is_made_or_named_or_awss_own(value: str | None) -> None:
    assert read_kms_key("stage 'dev'", value) == value


@pytest.mark.parametrize("value", ["alias/mine", "arn:aws:kms:us-east-1:123456789012:alias/mine", "", 7, True])
def test_what_is_no_key_is_refused(value: object) -> None:
    with pytest.raises(DiscoveryError, match=r"kms-key = .* cannot be"):
        read_kms_key("stage 'dev'", value)
