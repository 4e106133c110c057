"""The policies of roles and users, as IAM stores them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.aws_policies import AWS_MANAGED
from mlfn_localstack.auth.decision import BOUNDARY, SESSION
from mlfn_localstack.auth.policy import Statement, parse_policy
from mlfn_localstack.auth.principals import Principal, PrincipalKind

if TYPE_CHECKING:
    from mlfn_localstack.service import Caller
    from mlfn_localstack.store import Store

ROLES = "iam-role"
USERS = "iam-user"
GROUPS = "iam-group"
POLICIES = "iam-policy"
"""Kinds of documents: roles, users (with the names of their `Groups`) and groups by name (with `Inline` texts and
`Attached` ARNs), managed policies by ARN."""


class Identities:
    """Looks up what a role or user may do."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, principal: Principal) -> dict[str, Any] | None:
        """The role's or user's document, or None if there is none (any more), or it is another's of that name."""
        kind = ROLES if principal.kind is PrincipalKind.ROLE else USERS
        text = self._text(kind, principal.name)
        found = None if text is None else parsed(text)
        is_other = found is not None and principal.role_arn not in ("", found["Arn"])
        return None if is_other else found

    def named(self, kind: str, name: str) -> dict[str, Any] | None:
        """The `role`, `user` or `group` of a name, or None."""
        text = self._text(f"iam-{kind}", name)
        return None if text is None else parsed(text)

    def policies(self, identity: dict[str, Any]) -> list[tuple[Statement, ...]]:
        """All identity policies of a role or user, with those of the groups it is in."""
        policies = self._own(identity)
        for name in identity.get("Groups", ()):
            text = self._text(GROUPS, name)
            if text is not None:
                policies += self._own(parsed(text))
        return policies

    def _own(self, identity: dict[str, Any]) -> list[tuple[Statement, ...]]:
        policies = [parse_policy(text) for text in identity["Inline"].values()]
        for arn in identity["Attached"]:
            text = self.managed_policy(arn)
            if text is not None:
                policies.append(parse_policy(text))
        return policies

    def limits(self, identity: dict[str, Any] | None, caller: Caller) -> list[tuple[str, list[tuple[Statement, ...]]]]:
        """The permissions boundary and session policies of a caller, where there are any."""
        found: list[tuple[str, list[tuple[Statement, ...]]]] = []
        boundary = identity.get("PermissionsBoundary") if identity else None
        if boundary:
            found.append((BOUNDARY, self._parsed(boundary)))
        if caller.session is not None and caller.session.policies:
            found.append((SESSION, [each for one in caller.session.policies for each in self._parsed(one)]))
        return found

    def _parsed(self, policy: str) -> list[tuple[Statement, ...]]:
        """A policy by its text or ARN; of one that is gone nothing is left, so that it allows nothing."""
        text = self.managed_policy(policy) if policy.startswith("arn:") else policy
        return [] if text is None else [parse_policy(text)]

    def managed_policy(self, arn: str) -> str | None:
        """The default version of a managed policy, as text."""
        if arn in AWS_MANAGED:
            return AWS_MANAGED[arn]
        text = self._text(POLICIES, arn)
        if text is None:
            return None
        policy = parsed(text)
        document: str = policy["Versions"][policy["DefaultVersionId"]]["Document"]
        return document

    def _text(self, kind: str, key: str) -> str | None:
        row = self._store.execute("SELECT body FROM documents WHERE kind=? AND key=?", (kind, key)).fetchone()
        return None if row is None else str(row[0])


@lru_cache(maxsize=1024)
def parsed(text: str) -> dict[str, Any]:
    """A document, cached by its content, so that a change is seen at once; it must not be changed."""
    document: dict[str, Any] = json.loads(text)
    return document
