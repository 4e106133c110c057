"""Function names, ARNs and qualifiers (AWS Lambda API reference, "FunctionName")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlfn_localstack.services.lambda_ import errors

LATEST = "$LATEST"
ALIAS_NAME = re.compile(r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)")

_NAME = r"[a-zA-Z0-9-_]+"
MAX_NAME = 64
_QUALIFIER = r"\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]{1,128}"
_REFERENCE = re.compile(
    rf"(?:(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{{2}}(?:-[a-z]+)+-\d):)?(?P<account>\d{{12}}):)?"
    rf"(?:function:)?(?P<name>{_NAME})(?::(?P<qualifier>{_QUALIFIER}))?"
)
_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReference:
    """What a caller means by `FunctionName` and `Qualifier`."""

    name: str
    qualifier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArnFormat:
    """Writes the ARNs of one account and region."""

    account_id: str
    region: str

    def function(self, name: str, qualifier: str | None = None) -> str:
        """The ARN of a function, or of one of its versions or aliases."""
        arn = f"arn:aws:lambda:{self.region}:{self.account_id}:function:{name}"
        return arn if qualifier is None else f"{arn}:{qualifier}"


def parse_reference(text: str, qualifier: str | None, home: ArnFormat) -> FunctionReference:
    """The function (and qualifier) that a name, partial ARN or ARN stands for.

    Raises:
        ServiceError: it is not a function name, lies in another region or account, or names two different qualifiers.
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise errors.validation(text, "functionName", f"Member must satisfy regular expression pattern: {_PATTERN}")
    if match["region"] not in {None, home.region}:
        message = f"Functions from '{match['region']}' are not reachable in this region ('{home.region}')"
        raise errors.not_found(message)
    if match["account"] not in {None, home.account_id}:
        raise errors.access_denied(f"No resource-based policy of account {match['account']} allows this.")
    if match["qualifier"] and qualifier and match["qualifier"] != qualifier:
        message = "The derived qualifier from the function name does not match the specified qualifier."
        raise errors.invalid_parameter(message)
    return FunctionReference(name=match["name"], qualifier=qualifier or match["qualifier"])


def is_alias(qualifier: str) -> bool:
    """Whether a qualifier could be an alias's name."""
    return ALIAS_NAME.fullmatch(qualifier) is not None


def is_version(qualifier: str) -> bool:
    """Whether a qualifier is a version number rather than an alias."""
    return qualifier.isdigit()
