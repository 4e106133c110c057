"""The errors Lambda answers with, worded as AWS words them."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def _user_error(code: str, message: str, status: int) -> ServiceError:
    return ServiceError(code, message, status=status, fields={"Type": "User"})


def invalid_parameter(message: str) -> ServiceError:
    """400: a parameter has a value that Lambda does not take."""
    return _user_error("InvalidParameterValueException", message, 400)


def validation(value: object, member: str, constraint: str) -> ServiceError:
    """400: a parameter breaks a constraint of the service model."""
    message = f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    return ServiceError("ValidationException", message, status=400)


def not_found(message: str) -> ServiceError:
    """404: the thing asked for does not exist."""
    return _user_error("ResourceNotFoundException", message, 404)


def function_not_found(arn: str) -> ServiceError:
    """404: there is no such function, version or alias."""
    return not_found(f"Function not found: {arn}")


def alias_not_found(arn: str) -> ServiceError:
    """404: there is no such alias."""
    return not_found(f"Cannot find alias arn: {arn}")


def conflict(message: str) -> ServiceError:
    """409: it exists already, or is used by something else."""
    return _user_error("ResourceConflictException", message, 409)


def stale_revision(operation: str) -> ServiceError:
    """412: somebody else changed it since the caller looked; `operation` tells where to look again."""
    message = (
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {operation} API to retrieve the latest Revision Id"
    )
    return _user_error("PreconditionFailedException", message, 412)


def throttled(reason: str) -> ServiceError:
    """429: a concurrency limit is reached; `reason` says which."""
    fields = {"Type": "User", "Reason": reason}
    return ServiceError("TooManyRequestsException", "Rate Exceeded.", status=429, fields=fields)


def payload_too_large(limit: int) -> ServiceError:
    """413: the request payload is over the limit of its invocation type."""
    message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    return _user_error("RequestEntityTooLargeException", message, 413)


def request_too_large(limit: int, operation: str) -> ServiceError:
    """413: the code in a request is over the limit."""
    message = f"Request must be smaller than {limit} bytes for the {operation} operation"
    return ServiceError("RequestEntityTooLargeException", message, status=413, fields={"Type": None})


def archive_too_large(limit: int) -> ServiceError:
    """413: an archive is over the limit of those that come with a request."""
    message = f"Zipped size must be smaller than {limit} bytes"
    return ServiceError("RequestEntityTooLargeException", message, status=413, fields={"Type": None})


def invalid_content(message: str) -> ServiceError:
    """400: the payload is not JSON."""
    return _user_error("InvalidRequestContentException", message, 400)


def invalid_image(message: str) -> ServiceError:
    """400: the image cannot be run here."""
    return invalid_parameter(f"Source image is not valid: {message}")


def access_denied(message: str) -> ServiceError:
    """403: the resource policy does not let the caller in."""
    return ServiceError("AccessDeniedException", message, status=403)
