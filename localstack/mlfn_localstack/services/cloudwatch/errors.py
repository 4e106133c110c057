"""How CloudWatch refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def invalid_value(message: str) -> ServiceError:
    """A parameter's value does not fit."""
    return ServiceError("InvalidParameterValue", message)


def invalid_combination(message: str) -> ServiceError:
    """Parameters do not fit together."""
    return ServiceError("InvalidParameterCombination", message)


def missing_parameter(message: str) -> ServiceError:
    """A parameter is not there."""
    return ServiceError("MissingParameter", message)


def validation(message: str) -> ServiceError:
    """The request as a whole does not fit."""
    return ServiceError("ValidationError", message)


def no_such_alarm() -> ServiceError:
    """There is no alarm of that name or ARN; CloudWatch says no more than that."""
    return ServiceError("ResourceNotFound", "", status=404)


def no_dashboard(name: str) -> ServiceError:
    """There is no such dashboard."""
    return ServiceError("ResourceNotFound", f"Dashboard {name} does not exist", status=404)


def invalid_token() -> ServiceError:
    """The page to go on with is none of ours."""
    return ServiceError("InvalidNextToken", "The next token specified is invalid.")
