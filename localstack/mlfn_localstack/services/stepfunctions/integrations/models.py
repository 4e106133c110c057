"""What botocore's service models say of operations, members and errors; loaded when first asked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel


@cache
def _model(service: str) -> ServiceModel:
    from botocore.loaders import Loader  # noqa: PLC0415  machines without such tasks need no botocore
    from botocore.model import ServiceModel as Model  # noqa: PLC0415

    body: Any = Loader().load_service_model(service, "service-2")
    return Model(body, service)


@cache
def error_codes(service: str) -> frozenset[str]:
    """The errors that a service's model lists."""
    model = _model(service)
    return frozenset(
        shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes
    ) | frozenset(shape.name for shape in model.error_shapes)


def wire_status(service: str, status: int) -> int:
    """The status of an error over the wire: services that speak JSON in envelopes say 400 to all that is not theirs."""
    return 400 if status in (401, 403, 404) and _model(service).metadata["protocol"] == "json" else status


@cache
def operation_model(service: str, operation: str) -> OperationModel | None:
    """An operation's model, or None if the service has no such operation."""
    model = _model(service)
    return model.operation_model(operation) if operation in model.operation_names else None
