"""Amazon SQS: standard and FIFO queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html

Between two purges, and before the name of a deleted queue is free again, a minute passes as on AWS; option
`sqs_pause_s` says how long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs.encryption import Encryption
from mlfn_localstack.services.sqs.metrics import GAUGE_S
from mlfn_localstack.services.sqs.model import SqsState
from mlfn_localstack.services.sqs.moves import Moves
from mlfn_localstack.services.sqs.operations_attributes import AttributeOperations
from mlfn_localstack.services.sqs.operations_moves import MoveOperations
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
        self._gauge_s = float(environment.options.get("sqs_gauge_s", GAUGE_S))
        self._moves = Moves(self._state)
        encryption = Encryption(self._state)
        groups = (
            QueueOperations(self._state),
            AttributeOperations(self._state),
            SendOperations(self._state, encryption),
            ReceiveOperations(self._state, Receiver(self._state), encryption),
            ReceiptOperations(self._state),
            MoveOperations(self._state, self._moves),
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
        """Forget names that are free again, and go on with moves; messages are where they were."""
        self._state.forget_deleted()
        self._moves.start()
        self._state.metrics.start(self._gauge_s)

    async def stop(self) -> None:
        """Answer whoever waits for messages."""
        self._state.arrivals.close()
        await self._moves.stop()
        await self._state.metrics.stop()
