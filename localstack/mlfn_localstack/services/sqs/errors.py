"""How SQS refuses, in its words; every code also has the name it had in the query protocol, which SDKs go by."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError

CHARACTERS = (
    "Invalid characters found. Valid unicode characters are "
    "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
)
"""Of a body or an attribute that holds what no message may hold."""


def no_queue() -> ServiceError:
    """There is no such queue."""
    return ServiceError("QueueDoesNotExist", "The specified queue does not exist.")


def invalid_address(url: str) -> ServiceError:
    """A queue URL is none."""
    return ServiceError("InvalidAddress", f"The address {url} is not valid for this endpoint.", status=404)


def queue_exists(attribute: str) -> ServiceError:
    """The name is taken by a queue of other attributes."""
    message = f"A queue already exists with the same name and a different value for attribute {attribute}"
    return ServiceError("QueueNameExists", message)


def deleted_recently() -> ServiceError:
    """The name was in use a moment ago."""
    message = "You must wait 60 seconds after deleting a queue before you can create another with the same name."
    return ServiceError("QueueDeletedRecently", message)


def purge_in_progress(name: str) -> ServiceError:
    """The queue was purged a moment ago."""
    message = f"Only one PurgeQueue operation on {name} is allowed every 60 seconds."
    return ServiceError("PurgeQueueInProgress", message, status=403)


def missing_parameter(name: str) -> ServiceError:
    """A parameter that this queue needs is not there."""
    return ServiceError("MissingParameter", f"The request must contain the parameter {name}.")


def invalid_parameter(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("InvalidParameterValue", message)


def invalid_value(value: object, name: str, reason: str) -> ServiceError:
    """A parameter does not fit, and why."""
    return invalid_parameter(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def not_of_this_queue(value: object, name: str) -> ServiceError:
    """A parameter that the other kind of queue has."""
    reason = "The request include parameter that is not valid for this queue type."
    return invalid_value(value, name, reason)


def unknown_attribute(name: str) -> ServiceError:
    """Queues have no such attribute."""
    return ServiceError("InvalidAttributeName", f"Unknown Attribute {name}.")


def only_fifo(name: str) -> ServiceError:
    """An attribute that queues without order do not have."""
    return ServiceError("InvalidAttributeName", f"You can specify the {name} only when FifoQueue is set to true.")


def invalid_attribute(name: str, reason: str = "") -> ServiceError:
    """An attribute of a queue has a value it cannot have, and perhaps why."""
    why = f" Reason: {reason}" if reason else ""
    return ServiceError("InvalidAttributeValue", f"Invalid value for the parameter {name}.{why}")


def invalid_handle(handle: str) -> ServiceError:
    """A receipt handle is none, or another queue's."""
    return ServiceError("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.')


def over_limit(message: str) -> ServiceError:
    """A quota is used up."""
    return ServiceError("OverLimit", message, status=403)


_OF_KMS = {
    "AccessDeniedException": "KmsAccessDenied",
    "DisabledException": "KmsDisabled",
    "InvalidKeyUsageException": "KmsInvalidKeyUsage",
    "NotFoundException": "KmsNotFound",
}


def of_kms(error: ServiceError) -> ServiceError:
    """KMS does not let a message be encrypted or decrypted."""
    return ServiceError(_OF_KMS.get(error.code, "KmsInvalidState"), error.message)


def one_encryption() -> ServiceError:
    """A queue would have two kinds of encryption."""
    message = (
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
    )
    return ServiceError("InvalidAttributeName", message)


def denied(principal: str, action: str, resource: str) -> ServiceError:
    """The queue's policy does not let a service in."""
    message = (
        f"User: {principal} is not authorized to perform: {action.lower()} on resource: {resource} "
        f"because no resource-based policy allows the {action.lower()} action"
    )
    return ServiceError("AccessDeniedException", message, status=403)
