"""Numbers in normal form, their order and their size."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.numbers import add, measure, normalise, order_key, subtract

finite = st.builds(
    lambda sign, digits, exponent: f"{sign}{digits}e{exponent}",
    st.sampled_from(["", "-"]),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 80),
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("01.50", "1.5"),
        ("-0", "0"),
        ("+1.", "1"),
        (".5", "0.5"),
        ("100e-2", "1"),
        ("1E125", "1" + "0" * 125),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("-0.00000001200", "-0.000000012"),
        ("9" * 38 + "0", "9" * 38 + "0"),
    ],
)
def test_a_number_is_stored_as_plain_digits(text: str, normal: str) -> None:
    assert normalise(text) == normal


@pytest.mark.parametrize(
    "text", ["", "abc", " 1", "1 ", "0x10", "1e", "NaN", "Infinity", "1.2.3", "١", ".", "-", f"1e{2**63}"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ServiceError, match="cannot be converted to a numeric value"):
        normalise(text)


def test_an_exponent_of_more_than_64_bits_is_not_read() -> None:
    with pytest.raises(ServiceError, match="cannot be converted to a numeric value: 1e9223372036854775808"):
        normalise(f"1e{2**63}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1" * 39, "more than 38 significant digits"),
        ("1e126", "overflow"),
        ("-1e9223372036854775807", "overflow"),
        ("1e-131", "underflow"),
        ("1e-99999999999", "underflow"),
    ],
)
def test_what_dynamodb_cannot_hold_is_refused(text: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        normalise(text)


@pytest.mark.parametrize(
    ("number", "size"),
    [("0", 1), ("1", 2), ("-1", 3), ("12", 2), ("123", 3), ("123456", 4), ("3.14159", 5), ("100", 2), ("1E125", 2)],
)
def test_a_number_is_sized_by_its_significant_digits(number: str, size: int) -> None:
    assert measure(number)[1] == size


@given(st.lists(finite, min_size=2, max_size=6))
def test_the_bytes_of_numbers_sort_as_the_numbers_do(texts: list[str]) -> None:
    numbers = [normalise(text) for text in texts]

    for one, two in itertools.combinations(numbers, 2):
        assert (order_key(one) < order_key(two)) == (Decimal(one) < Decimal(two))
        assert (order_key(one) == order_key(two)) == (Decimal(one) == Decimal(two))


def test_sums_are_exact_and_bounded() -> None:
    assert add("9" * 38, "1") == "1" + "0" * 38
    assert subtract("0.1", "0.1") == "0"
    with pytest.raises(ServiceError, match="more than 38 significant digits"):
        add("1e125", "1")
