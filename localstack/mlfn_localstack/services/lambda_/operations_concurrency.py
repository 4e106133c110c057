"""PutFunctionConcurrency, GetFunctionConcurrency, DeleteFunctionConcurrency."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.names import LATEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.model import FunctionRecord
    from mlfn_localstack.services.lambda_.state import LambdaState


class ConcurrencyOperations:
    """Reserved concurrency."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "PutFunctionConcurrency": self.put,
            "GetFunctionConcurrency": self.get,
            "DeleteFunctionConcurrency": self.delete,
        }

    async def put(self, _context: RequestContext, params: Params) -> Result:
        """The function's new reserved concurrency."""
        reference, wanted = self._state.reference(params), int(params["ReservedConcurrentExecutions"])
        if reference.qualifier is not None:
            raise errors.invalid_parameter(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                "operation. Please specify either a function name or an unqualified function ARN."
            )
        record = self._state.repository.function(reference.name, LATEST)
        if wanted < 0:
            constraint = "Member must have value greater than or equal to 0"
            raise errors.validation(wanted, "reservedConcurrentExecutions", constraint)
        self._state.concurrency.check_unreserved(wanted, "ReservedConcurrentExecutions", record.reserved or 0)
        provisioned = sum(config["requested"] for _, config in self._state.provisioned.items(f"{record.latest.name}:"))
        if wanted < provisioned:
            message = (
                f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned "
                f"concurrency [{provisioned}]."
            )
            raise ServiceError("InvalidParameterValueException", message, fields={"Type": None})
        self._state.repository.put_function(replace(record, reserved=wanted))
        return {"ReservedConcurrentExecutions": wanted}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """The function's reserved concurrency, if it has one."""
        reserved = self._record(params).reserved
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the function has none."""
        self._state.repository.put_function(replace(self._record(params), reserved=None))
        return {}

    def _record(self, params: Params) -> FunctionRecord:
        return self._state.repository.function(self._state.reference(params).name)
