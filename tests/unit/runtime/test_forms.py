"""Records whose constant parts are encoded beforehand have the bytes that the specification gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlfn.audit import codec
from mlfn.runtime.forms import QUOTED, Form, json_text

GOLDEN = Path(__file__).parents[2] / "golden/audit"
RECORDS = {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json")) if path.stem != "texts"}
CONSTANT = ("v", "mv", "ma", "fn", "fv", "w", "im", "ms", "m", "is", "hk")


@pytest.mark.parametrize("vector", RECORDS.values(), ids=RECORDS)
def test_a_form_gives_the_golden_bytes(vector: dict[str, Any]) -> None:
    wire = {name: value for name, value in vector["record"].items() if name != "h"}
    constants = {name: json_text(value) for name, value in wire.items() if name in CONSTANT}
    own = {name: value for name, value in wire.items() if name not in CONSTANT}
    values = [value if name in QUOTED else json_text(value) for name, value in own.items()]

    found, canonical = Form(constants, tuple(own)).seal(values)

    assert canonical.decode() == vector["canonical"]
    assert codec.base64url_bytes(found).hex() == vector["h_hex"]


def test_a_percent_sign_is_a_percent_sign() -> None:
    constants = {"fn": json_text("50% off %s"), "m": json_text("a.b")}

    _, canonical = Form(constants, ("iv", "at", "x", "dl")).seal(['"%"', "100%s", 2, 1])

    assert codec.is_sealed(codec.parse(canonical))
    assert json.loads(canonical)["fn"] == "50% off %s"
