"""AddPermission, RemovePermission."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sns.model import OWNER_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sns.model import SnsState, Topic

_SHARED = frozenset({*OWNER_ACTIONS, "Receive", "*"})
"""What a policy may let others do."""


class PermissionOperations:
    """Statements of topic policies."""

    def __init__(self, state: SnsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"AddPermission": self.add, "RemovePermission": self.remove}

    async def add(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the topic's policy lets these accounts do this."""
        topic = self._state.admitted(params["TopicArn"], context, "SNS:AddPermission")
        policy = _policy(topic)
        if any(statement.get("Sid") == params["Label"] for statement in policy["Statement"]):
            raise errors.invalid("Statement already exists")
        if not set(params["ActionName"]) <= _SHARED:
            raise errors.invalid("Policy statement action out of service scope!")
        statement = {
            "Sid": params["Label"],
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in params["AWSAccountId"]]},
            "Action": [f"SNS:{action}" for action in params["ActionName"]],
            "Resource": topic["Arn"],
        }
        self._write(topic, {**policy, "Statement": [*policy["Statement"], statement]})
        return {}

    async def remove(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the statement is gone, or if there was none."""
        topic = self._state.admitted(params["TopicArn"], context, "SNS:RemovePermission")
        policy = _policy(topic)
        kept = [statement for statement in policy["Statement"] if statement.get("Sid") != params["Label"]]
        self._write(topic, {**policy, "Statement": kept})
        return {}

    def _write(self, topic: Topic, policy: dict[str, Any]) -> None:
        attributes = {**topic["Attributes"], "Policy": json.dumps(policy)}
        self._state.put_topic({**topic, "Attributes": attributes})


def _policy(topic: Topic) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(topic["Attributes"]["Policy"])
    statements = policy["Statement"]
    return {**policy, "Statement": statements if isinstance(statements, list) else [statements]}
