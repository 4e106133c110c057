"""Objects under keys that their clients keep: whoever reads one sends the key along.

What lies in the emulator's state is not encrypted; that the right key is needed is as on AWS:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params

CUSTOMER = ("SSECustomerAlgorithm", "SSECustomerKeyMD5")
"""What is kept of the key, and shown."""
OF_SOURCE = "CopySource"
_HEADER = "x-amz-server-side-encryption"
_KEY_BYTES = 32
_MUST = "Requests specifying Server Side Encryption with Customer provided keys must provide"


def customer_key(params: Params, prefix: str = "") -> dict[str, str]:
    """What is kept of the key that a request brings; nothing if it brings none.

    Raises:
        ServiceError: InvalidArgument or InvalidEncryptionAlgorithmError.
    """
    algorithm, key, md5 = (params.get(f"{prefix}SSECustomer{name}") for name in ("Algorithm", "Key", "KeyMD5"))
    if algorithm is None and key is None and md5 is None:
        return {}
    if algorithm is not None and algorithm != "AES256":
        message = "The Encryption request you specified is not valid. Supported value: AES256."
        fields = {"ArgumentName": _HEADER, "ArgumentValue": algorithm}
        raise ServiceError("InvalidEncryptionAlgorithmError", message, fields=fields)
    if algorithm is None:
        raise _invalid(f"{_MUST} a valid encryption algorithm.")
    if key is None:
        raise _invalid(f"{_MUST} an appropriate secret key.")
    if md5 is None:
        raise _invalid(f"{_MUST} the client calculated MD5 of the secret key.")
    secret = _decoded(key)
    if len(secret) != _KEY_BYTES:
        raise _invalid("The secret key was invalid for the specified algorithm.")
    if _md5(secret) != md5:
        raise _invalid("The calculated MD5 hash of the key did not match the hash that was provided.")
    return {"SSECustomerAlgorithm": algorithm, "SSECustomerKeyMD5": md5}


def new_customer_key(params: Params) -> dict[str, str]:
    """The same of a request that writes, which may not ask for another encryption, too.

    Raises:
        ServiceError: InvalidArgument or InvalidEncryptionAlgorithmError.
    """
    found = customer_key(params)
    if found and "ServerSideEncryption" in params:
        message = (
            "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
        )
        raise invalid_argument(message, name=_HEADER, value=params["ServerSideEncryption"])
    return found


def check_reader(kept: Mapping[str, Any], params: Params, prefix: str = "") -> None:
    """Refuse to read an object under another key than the one it was written with.

    Raises:
        ServiceError: InvalidRequest, AccessDenied, InvalidArgument or InvalidEncryptionAlgorithmError.
    """
    given = customer_key(params, prefix)
    wanted = kept.get("SSECustomerKeyMD5")
    if wanted is None and given:
        raise invalid_request("The encryption parameters are not applicable to this object.")
    if wanted is not None and not given:
        message = (
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
            "retrieve the object."
        )
        raise invalid_request(message)
    if given and given["SSECustomerKeyMD5"] != wanted:
        raise ServiceError("AccessDenied", f"{_MUST} the correct secret key.", status=403)


def check_part(kept: Mapping[str, Any], params: Params) -> None:
    """Refuse a part under another key than the one its upload was begun with.

    Raises:
        ServiceError: InvalidRequest, InvalidArgument or InvalidEncryptionAlgorithmError.
    """
    given, wanted = customer_key(params), kept.get("SSECustomerKeyMD5")
    if (wanted is None) != (not given):
        message = (
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
            "encryption parameters."
        )
        raise invalid_request(message)
    if given and given["SSECustomerKeyMD5"] != wanted:
        raise invalid_request("The provided encryption parameters did not match the ones used originally.")


def _decoded(key: str) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _md5(secret: bytes) -> str:
    return base64.b64encode(hashlib.md5(secret, usedforsecurity=False).digest()).decode()


def _invalid(message: str) -> ServiceError:
    return invalid_argument(message, name=_HEADER, value="null")
