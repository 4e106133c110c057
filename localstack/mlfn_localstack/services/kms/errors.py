"""How KMS refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def not_found(message: str) -> ServiceError:
    """There is no such key or alias."""
    return ServiceError("NotFoundException", message)


def disabled(arn: str) -> ServiceError:
    """The key is switched off."""
    return ServiceError("DisabledException", f"{arn} is disabled.")


def pending_deletion(arn: str) -> ServiceError:
    """The key is about to go."""
    return ServiceError("KMSInvalidStateException", f"{arn} is pending deletion.")


def pending_import(arn: str) -> ServiceError:
    """The key has no material yet, or none any more."""
    return ServiceError("KMSInvalidStateException", f"{arn} is pending import.")


def wrong_origin(arn: str, origin: str) -> ServiceError:
    """The key's material comes from elsewhere than this needs."""
    return unsupported(f"{arn} origin is {origin} which is not valid for this operation.")


def wrong_state(arn: str, message: str) -> ServiceError:
    """The key is in a state that does not allow this."""
    return ServiceError("KMSInvalidStateException", f"{arn} {message}")


def wrong_usage(arn: str, usage: str, operation: str) -> ServiceError:
    """The key is for something else."""
    return ServiceError("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for {operation}.")


def incompatible(algorithm: str, spec: str) -> ServiceError:
    """The key's material does not do this algorithm."""
    return ServiceError("InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec {spec}.")


def invalid_ciphertext() -> ServiceError:
    """The ciphertext is none of ours, was changed, or its encryption context differs; KMS does not say which."""
    return ServiceError("InvalidCiphertextException", "")


def incorrect_key() -> ServiceError:
    """The ciphertext is another key's."""
    message = "The key ID in the request does not identify a CMK that can perform this operation."
    return ServiceError("IncorrectKeyException", message)


def invalid(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("ValidationException", message)


def unsupported(message: str) -> ServiceError:
    """Something KMS or the emulator does not do."""
    return ServiceError("UnsupportedOperationException", message)


def malformed_policy(message: str) -> ServiceError:
    """The key policy is none, or would lock its author out."""
    return ServiceError("MalformedPolicyDocumentException", message)


def denied(caller: str, action: str, arn: str, reason: str) -> ServiceError:
    """Neither the key policy nor IAM allows it, or one of them denies it."""
    message = f"User: {caller} is not authorized to perform: {action} on resource: {arn} {reason}"
    return ServiceError("AccessDeniedException", message)
