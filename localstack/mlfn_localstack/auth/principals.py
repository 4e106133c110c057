"""A caller's ARN taken apart: which role or user it is, and under which names policies may mean it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

_ASSUMED_ROLE = re.compile(r"arn:aws:sts::(?P<account>\d{12}):assumed-role/(?P<name>[^/]+)/(?P<session>.+)")
_SERVICE = re.compile(r"[a-z0-9.-]+")
_IAM = re.compile(r"arn:aws:iam::(?P<account>\d{12}):(?P<kind>root|user|role)(?P<path>/(?:.*/)?)?(?P<name>[^/]*)")


ANONYMOUS = "ANONYMOUS_PRINCIPAL"
"""What stands for an ARN where nobody signed: requests to S3 may come without a signature."""


class PrincipalKind(StrEnum):
    """What a caller is."""

    ROOT = "root"
    USER = "user"
    ROLE = "role"
    SERVICE = "service"
    ANONYMOUS = "anonymous"
    NOBODY = "nobody"
    """What is called neither as a service is, nor as anybody whom IAM knows: it may do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller: its kind and, for users and roles, its name."""

    kind: PrincipalKind
    name: str
    account_id: str = ""
    role_arn: str = ""
    """Of a role itself: its name alone does not tell which path it has to have."""


@lru_cache(maxsize=4096)
def principal_of(arn: str) -> Principal:
    """Who an ARN (or a service's host name) stands for."""
    if arn == ANONYMOUS:
        return Principal(kind=PrincipalKind.ANONYMOUS, name="")
    assumed = _ASSUMED_ROLE.fullmatch(arn)
    if assumed:
        return Principal(kind=PrincipalKind.ROLE, name=assumed["name"], account_id=assumed["account"])
    iam = _IAM.fullmatch(arn)
    if iam is None:
        kind = PrincipalKind.SERVICE if _SERVICE.fullmatch(arn) else PrincipalKind.NOBODY
        return Principal(kind=kind, name=arn)
    kind = PrincipalKind(iam["kind"])
    role_arn = arn if kind is PrincipalKind.ROLE else ""
    return Principal(kind=kind, name=iam["name"], account_id=iam["account"], role_arn=role_arn)


def request_names(arn: str, identity: dict[str, Any] | None) -> tuple[frozenset[str], frozenset[str] | None]:
    """By which names a policy may mean a caller (not its account as a whole), and of a role's session its own."""
    names = frozenset({arn} if identity is None else {arn, identity["Arn"]})
    if principal_of(arn).kind is not PrincipalKind.ROLE:
        return names, None
    return names, names if identity is None else names - {identity["Arn"]}


@lru_cache(maxsize=16)
def account_names(account_id: str) -> frozenset[str]:
    """The names of an account as a whole."""
    return frozenset({account_id, f"arn:aws:iam::{account_id}:root"})
