"""Function names and ARNs."""

from __future__ import annotations

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.names import ArnFormat, parse_reference

HOME = ArnFormat(account_id="123456789012", region="us-east-1")


@pytest.mark.parametrize(
    ("text", "name", "qualifier"),
    [
        ("f", "f", None),
        ("f:live", "f", "live"),
        ("function:f", "f", None),
        ("123456789012:function:f:2", "f", "2"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST", "f", "$LATEST"),
    ],
    ids=str,
)
def test_a_reference_is_taken_apart(text: str, name: str, qualifier: str | None) -> None:
    reference = parse_reference(text, None, HOME)

    assert (reference.name, reference.qualifier) == (name, qualifier)


@pytest.mark.parametrize("text", ["", "a b", "f:", "f:a:b", "arn:aws:s3:::f"], ids=str)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ServiceError, match="ValidationException"):
        parse_reference(text, None, HOME)


def test_functions_of_other_accounts_are_out_of_reach() -> None:
    with pytest.raises(ServiceError, match="AccessDeniedException"):
        parse_reference("arn:aws:lambda:us-east-1:210987654321:function:f", None, HOME)
