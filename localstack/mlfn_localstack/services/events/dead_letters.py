"""Deliveries that were given up, put into the target's dead-letter queue with the reason.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway, ServiceError
    from mlfn_localstack.services.events.delivery_queue import Delivery


class DeadLetters:
    """Sends on what nobody took."""

    def __init__(self, gateway: Gateway, principal: str | None, source_name: str) -> None:
        """`source_name` is the attribute that names the sender: `RULE_ARN`; no principal means the target's role."""
        self._gateway = gateway
        self._principal = principal
        self._source_name = source_name

    async def give_up(self, delivery: Delivery, error: ServiceError) -> None:
        """Return once the dead-letter queue, if there is one, has the delivery.

        Raises:
            ServiceError: it does not take it either.
        """
        queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        attributes = {
            self._source_name: delivery.rule,
            "TARGET_ARN": delivery.target["Arn"],
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message or error.code,
            "RETRY_ATTEMPTS": str(delivery.attempts),
        }
        params = {
            "QueueUrl": url_of(queue),
            "MessageBody": delivery.input,
            "MessageAttributes": {
                name: {"DataType": "Number" if name == "RETRY_ATTEMPTS" else "String", "StringValue": value}
                for name, value in attributes.items()
            },
        }
        principal = self._principal or delivery.target["RoleArn"]
        await self._gateway.call("sqs", "SendMessage", params, principal=principal, source_arn=delivery.rule)
