"""What the audit table itself refuses, whoever may write to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.functional.bad_inputs.conftest import Gate

pytestmark = pytest.mark.xdist_group("bad_inputs")
KB = 1024


def put(gate: Gate, key: str, **attributes: Any) -> None:
    item = {"pk": {"S": key}, "sk": {"S": "x"}, **attributes}
    gate.client("dynamodb").put_item(TableName="mlfn-audit-dev", Item=item)


def test_38_digits_are_kept_as_they_are(gate: Gate, marker: str) -> None:
    put(gate, f"Z#{marker}", n={"N": "9" * 38})

    key = {"pk": {"S": f"Z#{marker}"}, "sk": {"S": "x"}}
    assert gate.client("dynamodb").get_item(TableName="mlfn-audit-dev", Key=key)["Item"]["n"] == {"N": "9" * 38}


@pytest.mark.parametrize(
    ("key", "attributes"),
    [
        pytest.param("Z#digits", {"n": {"N": "9" * 39}}, id="39 digits"),
        pytest.param("Z#float", {"n": {"N": "1e126"}}, id="beyond a number's range"),
        pytest.param("Z#nan", {"n": {"N": "NaN"}}, id="no number"),
        pytest.param("", {}, id="an empty key"),
        pytest.param("Z#index", {"g1": {"S": ""}}, id="an empty key of an index"),
        pytest.param("Z#large", {"n": {"S": "x" * 400 * KB}}, id="more than 400 KB"),
    ],
)
def test_an_item_that_cannot_be_is_refused(gate: Gate, key: str, attributes: Any) -> None:
    with pytest.raises(ClientError) as caught:
        put(gate, key, **attributes)

    assert caught.value.response["Error"]["Code"] == "ValidationException"
