"""The policy of a form: until when it may be sent, and what its fields have to be.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMATS = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")
_FREE = frozenset({"awsaccesskeyid", "bucket", "file", "policy", "signature", "x-amz-signature"})
"""What no condition has to be about."""
_IGNORED = "x-ignore-"
_RANGE = "content-length-range"


def check_policy(policy: str, fields: Mapping[str, str], size: int, now: datetime) -> None:
    """Refuse a form that its policy (in base64) does not allow; `fields` by lower-case name, the bucket among them.

    Raises:
        ServiceError: AccessDenied, InvalidPolicyDocument, EntityTooSmall or EntityTooLarge.
    """
    document = _document(policy)
    if _moment(document.get("expiration")) < now:
        raise _denied("Policy expired.")
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise _invalid("Policy missing conditions.")
    named = {_check(condition, fields, size) for condition in conditions}
    extra = [name for name in fields if name not in named | _FREE and not name.startswith(_IGNORED)]
    if extra:
        raise _denied(f"Extra input fields: {', '.join(extra)}")


def _document(policy: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid("Invalid JSON.") from error
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    return document


def _moment(text: object) -> datetime:
    for form in _FORMATS:
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise _invalid("Policy missing expiration." if text is None else f"Invalid 'expiration' value: '{text}'")


def _check(condition: object, fields: Mapping[str, str], size: int) -> str:
    """The field that a condition is about, which it holds for."""
    if isinstance(condition, dict):
        if len(condition) != 1:
            message = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
            raise _invalid(message)
        [(name, value)] = condition.items()
        condition = ["eq", f"${name}", value]
    if not isinstance(condition, list) or len(condition) != 3:
        raise _invalid("Invalid Condition.")
    kind, name, value = str(condition[0]).lower(), str(condition[1]), condition[2]
    if kind == _RANGE:
        _check_size(condition, size)
        return ""
    if kind not in ("eq", "starts-with"):
        raise _invalid(f"Invalid Condition: unknown operation '{condition[0]}'.")
    found = fields.get(name.removeprefix("$").lower(), "")
    holds = found == value if kind == "eq" else all(each.startswith(str(value)) for each in _values(name, found))
    if not name.startswith("$") or not holds:
        raise _failed(condition)
    return name.removeprefix("$").lower()


def _values(name: str, found: str) -> list[str]:
    """What has to start so: of several content types each."""
    return [each.strip() for each in found.split(",")] if name.lower() == "$content-type" else [found]


def _check_size(condition: list[Any], size: int) -> None:
    try:
        least, most = int(condition[1]), int(condition[2])
    except (TypeError, ValueError, OverflowError) as error:
        raise _failed(condition) from error
    if size < least:
        message = "Your proposed upload is smaller than the minimum allowed size"
        raise ServiceError("EntityTooSmall", message, fields={"ProposedSize": size, "MinSizeAllowed": least})
    if size > most:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise ServiceError("EntityTooLarge", message, fields={"ProposedSize": size, "MaxSizeAllowed": most})


def _failed(condition: list[Any]) -> ServiceError:
    shown = ", ".join(f'"{part}"' for part in condition)
    return _denied(f"Policy Condition failed: [{shown}]")


def _denied(message: str) -> ServiceError:
    return ServiceError("AccessDenied", f"Invalid according to Policy: {message}", status=403)


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidPolicyDocument", f"Invalid Policy: {message}")
