"""DynamoDB's numbers: 38 digits, 1E-130 to 9.99…E+125, in one normal form, with a byte order for keys.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import lru_cache

from mlfn_localstack.services.dynamodb.errors import validation

_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", re.ASCII)
_EXACT = Context(prec=400)
_MAX_DIGITS = 38
_MAX_MAGNITUDE = 125
_MIN_MAGNITUDE = -130
_BIAS = 256
_MAX_EXPONENT = 40
"""Characters of an exponent that are read: more than a number that DynamoDB takes can have."""


def normalise(text: str) -> str:
    """The normal form of a number: plain digits, no superfluous zeros.

    Raises:
        ServiceError: ValidationException, if it is no number or DynamoDB cannot hold it.
    """
    return measure(text)[0]


@lru_cache(maxsize=4096)
def measure(text: str) -> tuple[str, int]:
    """The normal form of a number, and the bytes DynamoDB counts: one per two digits before and after the point."""
    sign, digits, magnitude = _split(text)
    if not digits:
        return "0", 1
    whole = min(max(magnitude + 1, 0), len(digits))
    size = 1 + (whole + 1) // 2 + (len(digits) - whole + 1) // 2 + len(sign)
    return sign + _expand(digits, magnitude), size


def add(left: str, right: str) -> str:
    """The normal form of `left + right`."""
    return normalise(str(_EXACT.add(Decimal(left), Decimal(right))))


def subtract(left: str, right: str) -> str:
    """The normal form of `left - right`."""
    return normalise(str(_EXACT.subtract(Decimal(left), Decimal(right))))


@lru_cache(maxsize=4096)
def order_key(number: str) -> bytes:
    """Bytes that sort as the numbers do; `number` in normal form."""
    sign, digits, magnitude = _split(number)
    if not digits:
        return b"\x01"
    body = (magnitude + _BIAS).to_bytes(2, "big") + bytes(int(digit) + 1 for digit in digits)
    if sign:
        return b"\x00" + bytes(255 - byte for byte in body) + b"\xff"
    return b"\x02" + body


def _split(text: str) -> tuple[str, str, int]:
    """Sign ("" or "-"), significant digits and the decimal exponent of the first of them."""
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]) or (match[4] and abs(int(match[4][:_MAX_EXPONENT])) >= 2**63):
        colon = f": {text}" if text else ""
        raise validation(f"The parameter cannot be converted to a numeric value{colon}")
    whole, fraction = match[2], match[3] or ""
    significant = (whole + fraction).lstrip("0")
    zeros = len(whole + fraction) - len(significant)
    magnitude = len(whole) - 1 - zeros + int((match[4] or "0")[:_MAX_EXPONENT])
    significant = significant.rstrip("0")
    _check_range(significant, magnitude)
    return "-" if match[1] == "-" else "", significant, magnitude


def _check_range(digits: str, magnitude: int) -> None:
    if len(digits) > _MAX_DIGITS:
        raise validation("Attempting to store more than 38 significant digits in a Number")
    if digits and magnitude > _MAX_MAGNITUDE:
        raise validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if digits and magnitude < _MIN_MAGNITUDE:
        raise validation("Number underflow. Attempting to store a number with magnitude smaller than supported range")


def _expand(digits: str, magnitude: int) -> str:
    if magnitude < 0:
        return "0." + "0" * (-magnitude - 1) + digits
    whole = digits[: magnitude + 1].ljust(magnitude + 1, "0")
    fraction = digits[magnitude + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
