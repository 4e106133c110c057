"""Asking Secrets Manager without boto3; no error holds a value."""

from __future__ import annotations

from binascii import a2b_base64

from mlfn.errors import SecretError
from mlfn.jsontext import decode, encode
from mlfn.runtime.aws import AwsClient, AwsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn.runtime.http import ExchangeError

TIMEOUT_S = 5.0
_HINTS = {
    "ResourceNotFoundException": "Create it (mlfn secret set), or correct the name in its Secret.",
    "ParameterNotFound": "Create it (mlfn secret set), or correct the name in its Secret.",
    "AccessDeniedException": "Deploy the app again, so that the role may read it; if it has a KMS key of its own, "
    "name that: Secret(…, key=ARN).",
    "DecryptionFailure": "Look at the KMS key it is encrypted with: it must be enabled.",
    "InvalidKeyId": "Look at the KMS key it is encrypted with: it must be enabled.",
    "InvalidRequestException": "It may be marked for deletion: aws secretsmanager restore-secret.",
}
_PASSING = ("InternalServiceError", "InternalServerError", "ThrottlingException", "ServiceUnavailable")


def get_secret_text(secret_id: str, environ: Mapping[str, str]) -> str:
    """The current value of a secret.

    Raises:
        AwsError: Secrets Manager refuses.
        ExchangeError: it does not answer.
        SecretError: the value is not text.
    """
    body = encode({"SecretId": secret_id}).encode()
    # A client of its own: another thread may use one, and values are asked for every few minutes only.
    client = AwsClient("secretsmanager", environ, json_version="1.1")
    try:
        answer = decode(client.call("secretsmanager.GetSecretValue", body, timeout_s=TIMEOUT_S).decode())
    finally:
        client.close()
    if "SecretString" in answer:
        return str(answer["SecretString"])
    try:
        return a2b_base64(answer["SecretBinary"]).decode()
    except (KeyError, ValueError):
        message = f"The secret {secret_id!r} is not text."
        raise SecretError(message, hint="Store it as text, such as in base64.") from None


def may_pass(error: AwsError | ExchangeError) -> bool:
    """Whether the old value does for now: Secrets Manager is not there or overwhelmed, it has not refused."""
    return not isinstance(error, AwsError) or error.code in _PASSING or error.status >= 500


def explained(error: AwsError | ExchangeError, secret_id: str, name: str, store: str) -> SecretError:
    """What to do about a secret that cannot be had."""
    code = error.code if isinstance(error, AwsError) else ""
    said = error.message if isinstance(error, AwsError) else str(error)
    hint = _HINTS.get(code, f"Try again; in a VPC without a way to the internet, add an endpoint for {store}.")
    return SecretError(f"The secret {secret_id!r} ({name}) cannot be read: {code or 'no answer'}: {said}", hint=hint)
