"""Whether a bucket's policy lets everybody in.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import parse_policy

if TYPE_CHECKING:
    from mlfn_localstack.auth.policy import Statement

_NARROWING = frozenset(
    {
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceowner"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:userid"),
        *("s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
"""Condition keys that leave nobody but somebody known, where their value is fixed."""


@lru_cache(maxsize=64)
def is_public(text: str) -> bool:
    """Whether a policy allows everybody something."""
    return any(statement.allow and _means_everybody(statement) for statement in parse_policy(text))


def _means_everybody(statement: Statement) -> bool:
    names = {name for kind, name in statement.principals or () if kind in ("AWS", "*")}
    if "*" not in names and not statement.not_principals:
        return False
    return not any(
        key.lower() in _NARROWING
        and "not" not in operator.lower()
        and not any(value.strip("*") == "" for value in wanted)
        for operator, key, wanted in statement.conditions
    )
