"""A rule's role has to trust EventBridge."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.target import MakeRole, Target

_NOTHING = {"Action": "events:DescribeRule", "Resource": "*"}
_PATTERN = '{"source": ["somebody"]}'


def test_a_rule_takes_a_role_that_trusts_eventbridge(target: Target, make_role: MakeRole) -> None:
    events, name = target.client("events"), f"conf-{uuid.uuid4().hex[:12]}"
    role = make_role("events.amazonaws.com", _NOTHING)

    events.put_rule(Name=name, EventPattern=_PATTERN, RoleArn=role)

    assert events.describe_rule(Name=name)["RoleArn"] == role
    events.delete_rule(Name=name)


@pytest.mark.parametrize("missing", ["", "-not"], ids=["another service's", "not there"])
def test_a_rule_takes_no_other_role(target: Target, make_role: MakeRole, missing: str) -> None:
    events, name = target.client("events"), f"conf-{uuid.uuid4().hex[:12]}"
    role = make_role("lambda.amazonaws.com", _NOTHING) + missing

    with pytest.raises(ClientError) as caught:
        events.put_rule(Name=name, EventPattern=_PATTERN, RoleArn=role)

    message = f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'."
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message}
