"""The key that a function's variables are under: who configures it must be able to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway, Params, RequestContext

_REFUSED = (
    "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
    "CreateGrant. Please check your KMS key settings. KMS Exception: {code} KMS Message: {message}"
)


async def check_key(gateway: Gateway, context: RequestContext, params: Params, function_arn: str) -> None:
    """Return if the caller may put variables under the key that they name, if they name one.

    Raises:
        ServiceError: InvalidParameterValueException.
    """
    if not params.get("KMSKeyArn"):
        return
    bound = {"aws:lambda:FunctionArn": function_arn}
    asked = {"KeyId": params["KMSKeyArn"], "Plaintext": b"{}", "EncryptionContext": bound}
    try:
        await gateway.call("kms", "Encrypt", asked, principal=context.caller, source_arn=function_arn)
    except ServiceError as error:
        raise errors.invalid_parameter(_REFUSED.format(code=error.code, message=error.message)) from error
