"""Amazon SQS: standard and FIFO queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html

Not there: moving messages back (StartMessageMoveTask), encryption with keys of KMS, the old query protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs.model import SqsState
from mlfn_localstack.services.sqs.operations_attributes import AttributeOperations
from mlfn_localstack.services.sqs.operations_queues import QueueOperations
from mlfn_localstack.services.sqs.operations_receipts import ReceiptOperations
from mlfn_localstack.services.sqs.operations_receive import ReceiveOperations
from mlfn_localstack.services.sqs.operations_send import SendOperations
from mlfn_localstack.services.sqs.operations_tags import TagOperations
from mlfn_localstack.services.sqs.receiving import Receiver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


class Sqs:
    """SQS."""

    name = "sqs"

    def __init__(self, environment: Environment) -> None:
        self._state = SqsState(environment)
        groups = (
            QueueOperations(self._state),
            AttributeOperations(self._state),
            SendOperations(self._state),
            ReceiveOperations(self._state, Receiver(self._state)),
            ReceiptOperations(self._state),
            TagOperations(self._state),
        )
        self._operations = {name: operation for group in groups for name, operation in group.operations().items()}

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None: everything goes through the wire protocol."""
        return ()

    async def start(self) -> None:
        """Forget names that are free again; messages are where they were."""
        self._state.forget_deleted()

    async def stop(self) -> None:
        """Answer whoever waits for messages."""
        self._state.arrivals.close()
