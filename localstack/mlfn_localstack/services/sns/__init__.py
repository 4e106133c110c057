"""Amazon SNS: standard topics, with queues and functions as subscribers, and FIFO topics with queues.

https://docs.aws.amazon.com/sns/latest/api/welcome.html

Not there, and refused by name: other protocols (HTTP, e-mail, text messages, applications), encryption with keys of
KMS, archives and their replay, data protection, delivery logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.http import Route
from mlfn_localstack.services.events.delivery_queue import DeliveryQueue
from mlfn_localstack.services.sns.delivery import Publisher, Subscribers
from mlfn_localstack.services.sns.model import SnsState
from mlfn_localstack.services.sns.operations_permissions import PermissionOperations
from mlfn_localstack.services.sns.operations_publish import PublishOperations
from mlfn_localstack.services.sns.operations_subscriptions import SubscriptionOperations
from mlfn_localstack.services.sns.operations_tags import TagOperations
from mlfn_localstack.services.sns.operations_topics import TopicOperations
from mlfn_localstack.services.sns.signing import CERTIFICATE_PATH, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Environment, Operation


class Sns:
    """SNS."""

    name = "sns"

    def __init__(self, environment: Environment) -> None:
        state = SnsState(environment)
        subscribers = Subscribers(environment.gateway)
        self._signer = Signer(environment)
        self._queue = DeliveryQueue(environment.store, subscribers.deliver, subscribers.give_up, owner="sns")
        groups = (
            TopicOperations(state),
            PermissionOperations(state),
            SubscriptionOperations(state),
            PublishOperations(state, Publisher(state, self._queue, self._signer)),
            TagOperations(state),
        )
        self._operations = {name: operation for group in groups for name, operation in group.operations().items()}

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """The certificate that notifications are signed with."""
        return (Route(prefix=CERTIFICATE_PATH, handler=self._signer.certificate),)

    async def start(self) -> None:
        """Go on with queued deliveries."""
        self._queue.start()

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        await self._queue.stop()
