"""DynamoDB's errors, as the service words them (API reference, "Error Handling with DynamoDB")."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INVALID = "One or more parameter values were invalid: "


class ConditionFailedError(ServiceError):
    """A condition did not hold; carries the item that was there."""

    def __init__(self, item: Mapping[str, Any] | None = None) -> None:
        fields = {"Item": dict(item)} if item else None
        super().__init__("ConditionalCheckFailedException", "The conditional request failed", fields=fields)


class DuplicateItemError(ServiceError):
    """An INSERT of an item that is there."""

    def __init__(self) -> None:
        super().__init__("DuplicateItemException", "Duplicate primary key exists in table")


def validation(message: str) -> ServiceError:
    """A request that DynamoDB refuses for its content."""
    return ServiceError("ValidationException", message)


def invalid(message: str) -> ServiceError:
    """A refused parameter value."""
    return validation(INVALID + message)


def of_kms(error: ServiceError) -> ServiceError:
    """What KMS says of a table's key."""
    kind = "KMS key disabled error" if error.code == "DisabledException" else "KMS validation error"
    return validation(
        f"{kind}: com.amazonaws.services.kms.model.{error.code}: {error.message} (Service: AWSKMS; Status Code: 400; "
        f"Error Code: {error.code}; Request ID: {uuid.uuid4()}; Proxy: null)"
    )


def serialization(message: str) -> ServiceError:
    """A request whose JSON has another shape than the API's."""
    return ServiceError("SerializationException", message)


def constraint(value: str, member: str, rule: str) -> ServiceError:
    """A member that breaks a constraint of the API's model; `value` as the service echoes it."""
    return constraints([(value, member, rule)])


def constraints(broken: Sequence[tuple[str, str, str]]) -> ServiceError:
    """Members that break constraints of the API's model: each value as the service echoes it, where, and the rule."""
    listed = "; ".join(
        f"Value {value} at '{member}' failed to satisfy constraint: {rule}" for value, member, rule in broken
    )
    return validation(f"{len(broken)} validation error{'s' * (len(broken) > 1)} detected: {listed}")


def limit_exceeded(message: str) -> ServiceError:
    """More than a table or an account may have."""
    return ServiceError("LimitExceededException", f"Subscriber limit exceeded: {message}")


def resource_not_found(name: str | None = None) -> ServiceError:
    """No such table; the control plane names it, the data plane does not."""
    detail = f": Table: {name} not found" if name else ""
    return ServiceError("ResourceNotFoundException", f"Requested resource not found{detail}")


def missing_index(name: str, table: str) -> ServiceError:
    """No such index of a table."""
    return ServiceError("ResourceNotFoundException", f"Requested resource not found: Index {name} for table {table}")


def resource_in_use(message: str) -> ServiceError:
    """The table is not in a state that allows the operation."""
    return ServiceError("ResourceInUseException", message)


def cancelled(reasons: Sequence[Mapping[str, Any]]) -> ServiceError:
    """A transaction that did not happen, with one reason per action."""
    codes = ", ".join(str(reason["Code"]) for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    fields = {"CancellationReasons": [dict(reason) for reason in reasons]}
    return ServiceError("TransactionCanceledException", message, fields=fields)
