"""SNS in AWS Query: what it says of parameters that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.protocols.query import QueryProtocol
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.protocols.model import OperationModel
    from mlfn_localstack.service import Params


class SnsQueryProtocol(QueryProtocol):
    """SNS as every client speaks with it."""

    def check(self, operation: OperationModel, params: Params) -> None:
        """Refuse parameters that the model does not allow; those that are not there in words of SNS's own.

        Raises:
            ServiceError: InvalidParameter, ValidationError.
        """
        for name in self.model.shapes[operation.input or ""].get("required", ()):
            if name not in params:
                message = f"Invalid parameter: {name} Reason: no value for required parameter"
                raise ServiceError("InvalidParameter", message)
        super().check(operation, params)
