"""Services of AWS that call: only a queue's policy can let them in.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-examples-of-sqs-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.resource_policies import is_service, lets_service_in
from mlfn_localstack.services.sqs import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import RequestContext
    from mlfn_localstack.services.sqs.model import Queue


def check_service(queue: Queue, arn: str, context: RequestContext, action: str) -> None:
    """Let a service in only if the queue's policy does; users and roles are checked in front of every service.

    Raises:
        ServiceError: AccessDeniedException.
    """
    if is_service(context) and not lets_service_in(queue["Attributes"].get("Policy"), context, action, arn):
        raise errors.denied(context.caller.arn, action, arn)
