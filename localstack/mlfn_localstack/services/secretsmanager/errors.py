"""How Secrets Manager refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def not_found() -> ServiceError:
    """There is no such secret."""
    return ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def no_value(kind: str, name: str) -> ServiceError:
    """The secret has no such version."""
    message = f"Secrets Manager can't find the specified secret value for {kind}: {name}"
    return ServiceError("ResourceNotFoundException", message)


def exists(name: str) -> ServiceError:
    """The name is taken."""
    message = f"The operation failed because the secret {name} already exists."
    return ServiceError("ResourceExistsException", message)


def token_taken(token: str, arn: str) -> ServiceError:
    """The version has another value."""
    message = (
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
    )
    return ServiceError("ResourceExistsException", message)


def deleted() -> ServiceError:
    """The secret waits for its end."""
    return refused("You can't perform this operation on the secret because it was marked for deletion.")


def refused(message: str) -> ServiceError:
    """The request does not go with what the secret is now."""
    return ServiceError("InvalidRequestException", message)


def invalid(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("InvalidParameterException", message)


def invalid_name() -> ServiceError:
    """No secret can be called so."""
    message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
    return ServiceError("ValidationException", message)


def no_token(*, is_rotation: bool = False) -> ServiceError:
    """SDKs send one by themselves."""
    message = "You must provide a ClientRequestToken value. We recommend a UUID-type value."
    return invalid(message) if is_rotation else refused(message)


def function_denied() -> ServiceError:
    """The function that is to rotate a secret is not there, or does not let Secrets Manager call it."""
    message = (
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
        "the principal secretsmanager.amazonaws.com."
    )
    return ServiceError("AccessDeniedException", message)


def key_denied() -> ServiceError:
    """Who asks may read the secret, but not use its key."""
    return ServiceError("AccessDeniedException", "Access to KMS is not allowed")


def key_failed(operation: str) -> ServiceError:
    """KMS does not encrypt or decrypt."""
    if operation == "Decrypt":
        message = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."
        return ServiceError("DecryptionFailure", message)
    message = "Secrets Manager can't encrypt the protected secret text using the provided KMS key."
    return ServiceError("EncryptionFailure", message)
