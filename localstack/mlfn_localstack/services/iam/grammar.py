"""What IAM takes as an identity policy, and what it says of what it does not.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.conditions import is_operator
from mlfn_localstack.auth.policy import PolicySyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSIONS = ("2012-10-17", "2008-10-17")
_TOP = {"Version", "Id", "Statement"}
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_FIELDS = {"Sid", "Effect", "Condition", *(name for pair in _PAIRS for name in pair)}
_QUANTIFIERS = ("", "ForAllValues", "ForAnyValue")
_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[A-Za-z0-9.\-]+|\*")
_DATE = re.compile(
    r"(?=.)(\d{4}(-\d\d(-\d\d)?)?|\d\d)?(T(\d\d?(:\d\d(:\d\d(\.\d{1,9})?)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.IGNORECASE
)
_INTEGER = re.compile(r"-?\d+")
_LONG = 2**63
_FIELDS_OF_ARN = 6
_ARN_VENDOR, _ARN_REGION, _ARN_ACCOUNT, _ARN_PATH = range(2, 6)
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)

_SYNTAX = "Syntax errors in policy."
_OLD = "Policy document must be version 2012-10-17 or greater."
_LEGACY = "The policy failed legacy parsing"
_NO_ACTIONS = "Policy statement must contain actions."
_NO_RESOURCES = "Policy statement must contain resources."
_SAME_SID = "Statement IDs (SID) in a single policy must be unique."
_BAD_SID = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
_NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
_COLONS = "Actions/Condition can contain only one colon."
_UNQUALIFIED = "Resource vendor must be fully qualified and cannot contain regexes."


def check_grammar(text: str, *, managed: bool) -> None:
    """Return if a text has the form of an identity policy; only inline ones may be of 2008.

    Raises:
        PolicySyntaxError: it has not.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicySyntaxError(_SYNTAX) from error
    statements = _statements(document)
    _require(all(map(_is_statement, statements)), _SYNTAX)
    _require(not managed or document.get("Version") == _VERSIONS[0], _OLD)
    _require(all(map(_is_readable, statements)), _LEGACY)
    sids = [one["Sid"] for one in statements if one.get("Sid")]
    _require(all(map(_SID.fullmatch, sids)), _BAD_SID)
    _require(len(set(sids)) == len(sids), _SAME_SID)
    _require(all(_has(one, "Action") for one in statements), _NO_ACTIONS)
    for statement in statements:
        for resource in _either(statement, "Resource"):
            _check_resource(resource)
    for statement in statements:
        for action in _either(statement, "Action"):
            _check_action(action)
    _require(all(_has(one, "Resource") for one in statements), _NO_RESOURCES)


def _require(fine: bool, message: str) -> None:
    if not fine:
        raise PolicySyntaxError(message)


def _statements(document: Any) -> list[Any]:
    _require(
        isinstance(document, dict)
        and document.keys() <= _TOP
        and document.get("Version", _VERSIONS[0]) in _VERSIONS
        and isinstance(document.get("Id", ""), str)
        and bool(document.get("Statement")),
        _SYNTAX,
    )
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _is_statement(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and body.keys() <= _FIELDS
        and isinstance(body.get("Sid", ""), str)
        and str(body.get("Effect")).capitalize() in ("Allow", "Deny")
        and not any(one in body and other in body for one, other in _PAIRS)
        and all(isinstance(text, str) for name in ("Action", "Resource") for text in _either(body, name))
        and _are_conditions(body.get("Condition", {}))
    )


def _are_conditions(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(keys, dict) and _is_quantified(name) and not any(isinstance(x, dict) for x in keys.values())
        for name, keys in value.items()
    )


def _is_quantified(name: str) -> bool:
    return is_operator(name) and name.rpartition(":")[0] in _QUANTIFIERS


def _is_readable(statement: dict[str, Any]) -> bool:
    """Whether the reader of policies of old, which looks at less but minds it more, can read it."""
    return (
        statement["Effect"] in ("Allow", "Deny")
        and not any(map(_is_short_arn, _either(statement, "Resource")))
        and all(map(_is_date, _dates(statement.get("Condition", {}))))
    )


def _dates(conditions: dict[str, dict[str, Any]]) -> Iterator[Any]:
    for name, keys in conditions.items():
        if name.rpartition(":")[2].startswith("Date"):
            for value in keys.values():
                yield from value if isinstance(value, list) else [value]


def _is_date(value: Any) -> bool:
    text = str(value)
    if _INTEGER.fullmatch(text):
        return -_LONG <= int(text) < _LONG
    return "${" in text or bool(_DATE.fullmatch(text))


def _is_short_arn(text: str) -> bool:
    """One of AWS that leaves out a field, rather than all of the last."""
    fields = text.split(":")
    return text.startswith("arn:aws:") and (not fields[2] or ("::" in text and len(fields) < _FIELDS_OF_ARN))


def _either(statement: dict[str, Any], name: str) -> list[Any]:
    value = statement.get(name, statement.get(f"Not{name}", []))
    return value if isinstance(value, list) else [value]


def _has(statement: dict[str, Any], name: str) -> bool:
    return bool(_either(statement, name))


def _check_resource(text: str) -> None:
    if text == "*":
        return
    _require(":" in text, f'Resource {text} must be in ARN format or "*".')
    fields = text.split(":")
    full = ["arn", *fields[1:], *["*"] * (_FIELDS_OF_ARN - len(fields))]
    partition, vendor = fields[1], fields[_ARN_VENDOR] if len(fields) > _ARN_VENDOR else "*"
    _require(
        partition.startswith("aws") or "*" in partition,
        f'Partition "{partition}" is not valid for resource "{":".join(full)}".',
    )
    _require("*" not in vendor and "?" not in vendor, _UNQUALIFIED)
    if vendor == "iam":
        _require(full[_ARN_REGION] in ("", "*"), f"IAM resource {text} cannot contain region information.")
        path = ":".join(full[_ARN_PATH:])
        _require(path == "*" or path.startswith(_IAM_PATHS), _iam_paths())
    if vendor == "s3":
        regional = full[_ARN_REGION] not in ("", "*") and not full[_ARN_ACCOUNT]
        _require(not regional, f"Resource {text} can not contain region information.")


def _iam_paths() -> str:
    return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'


def _check_action(text: str) -> None:
    if text == "*":
        return
    vendor, *rest = text.split(":")
    _require(bool(rest), _NO_VENDOR)
    _require(len(rest) == 1, _COLONS)
    _require(bool(_VENDOR.fullmatch(vendor)), f"Vendor {vendor} is not valid")
