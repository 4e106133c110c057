"""CRC-32C and CRC-64/NVME, against their catalogue's check values and against themselves, bit by bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfn_localstack.services.s3.crc import Crc, crc32c, crc64nvme

KINDS = [
    pytest.param(crc32c, "e3069283", id="crc32c"),
    pytest.param(crc64nvme, "ae8b14860a799888", id="crc64nvme"),
]


def digest(make: Callable[[], Crc], *parts: bytes) -> str:
    crc = make()
    for part in parts:
        crc.update(part)
    return crc.digest().hex()


@pytest.mark.parametrize(("make", "check"), KINDS)
def test_the_check_value_of_the_catalogue(make: Callable[[], Crc], check: str) -> None:
    assert digest(make, b"123456789") == digest(make, b"1234", b"", b"56789") == check


@pytest.mark.parametrize(("make", "check"), KINDS)
@given(seed=st.binary(min_size=1, max_size=64), size=st.integers(0, 70_000))
@settings(max_examples=15, deadline=None)
def test_lanes_give_what_single_bytes_give(make: Callable[[], Crc], check: str, seed: bytes, size: int) -> None:
    data = (seed * (size // len(seed) + 1))[:size]

    assert digest(make, data) == digest(make, *(data[start : start + 999] for start in range(0, size, 999)))
