"""IAM policies as far as a report needs them: who is allowed an action on a resource, by which policy.

A report errs on the side of showing: a condition may hold, so what it allows is shown as conditional, and what it
denies is not taken away. `iam:SimulatePrincipalPolicy` decides single cases.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user or role with everything that decides what it may do."""

    arn: str
    policies: tuple[tuple[str, Document], ...]
    """Names and documents: its own, its groups', attached ones."""
    boundary: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """That somebody is allowed something."""

    policy: str
    """The policy that allows it."""
    conditional: bool


def permission(identity: Identity, action: str, resource: str) -> Permission | None:
    """By which policy an identity may do an action, or None if it may not."""
    documents = [document for _, document in identity.policies]
    if any(_denies(document, action, resource) for document in documents):
        return None
    bounded = identity.boundary
    if bounded is not None and (_denies(bounded, action, resource) or _allows(bounded, action, resource) is None):
        return None
    found = [(name, _allows(document, action, resource)) for name, document in identity.policies]
    allowed = [
        Permission(policy=name, conditional=conditional) for name, conditional in found if conditional is not None
    ]
    return min(allowed, key=lambda each: each.conditional, default=None)


def identities(pages: Iterable[Mapping[str, Any]]) -> list[Identity]:
    """The users and roles in `GetAccountAuthorizationDetails`, without the roles of AWS's own services."""
    parts: dict[str, list[Any]] = {}
    for page in pages:
        for name in ("UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"):
            parts.setdefault(name, []).extend(page.get(name, ()))
    managed = {each["Arn"]: _default_version(each) for each in parts.get("Policies", ())}
    groups = {
        each["GroupName"]: _policies(each, "GroupPolicyList", managed) for each in parts.get("GroupDetailList", ())
    }
    found = [
        _identity(each, managed, _policies(each, "UserPolicyList", managed) + _of_groups(each, groups))
        for each in parts.get("UserDetailList", ())
    ]
    roles = [each for each in parts.get("RoleDetailList", ()) if not each["Path"].startswith("/aws-service-role/")]
    return found + [_identity(each, managed, _policies(each, "RolePolicyList", managed)) for each in roles]


Named = list[tuple[str, Document]]


def _identity(detail: Mapping[str, Any], managed: Mapping[str, Document], policies: Named) -> Identity:
    arn = detail.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    # A boundary whose document is not to be had limits to nothing, rather than to everything.
    boundary = managed.get(arn, {"Statement": []}) if arn else None
    return Identity(arn=detail["Arn"], policies=tuple(policies), boundary=boundary)


def _policies(detail: Mapping[str, Any], inline: str, managed: Mapping[str, Document]) -> Named:
    own = [(each["PolicyName"], parsed(each["PolicyDocument"])) for each in detail.get(inline, ())]
    attached = [(each["PolicyName"], managed.get(each["PolicyArn"], {})) for each in detail["AttachedManagedPolicies"]]
    return own + attached


def _of_groups(detail: Mapping[str, Any], groups: Mapping[str, Named]) -> Named:
    return [each for name in detail.get("GroupList", ()) for each in groups.get(name, [])]


def _default_version(policy: Mapping[str, Any]) -> Document:
    versions = policy.get("PolicyVersionList", ())
    return next((parsed(each["Document"]) for each in versions if each["IsDefaultVersion"]), {})


def parsed(document: Any) -> Document:
    """A policy document, however it is handed over: as an object, as text, or percent-encoded."""
    if isinstance(document, str):
        document = json.loads(unquote(document) if document.startswith("%") else document)
    return document if isinstance(document, dict) else {}


def statements(document: Document) -> Iterator[Document]:
    """A policy's statements."""
    found = document.get("Statement", [])
    yield from found if isinstance(found, list) else [found]


def _denies(document: Document, action: str, resource: str) -> bool:
    return any(
        each.get("Effect") == "Deny" and "Condition" not in each and _is_about(each, action, resource)
        for each in statements(document)
    )


def _allows(document: Document, action: str, resource: str) -> bool | None:
    """Whether only under a condition, or None if not at all."""
    found = ["Condition" in each for each in statements(document) if _permits(each, action, resource)]
    return all(found) if found else None


def _permits(statement: Document, action: str, resource: str) -> bool:
    return statement.get("Effect") == "Allow" and _is_about(statement, action, resource)


def _is_about(statement: Document, action: str, resource: str) -> bool:
    return _fits(statement, "Action", action, case=False) and _fits(statement, "Resource", resource, case=True)


def _fits(statement: Document, name: str, value: str, *, case: bool) -> bool:
    negated = f"Not{name}" in statement
    wanted = statement.get(f"Not{name}" if negated else name, ())
    listed = [wanted] if isinstance(wanted, str) else wanted
    return any(_pattern(each, case).fullmatch(value) for each in listed) != negated


@lru_cache(maxsize=1024)
def _pattern(text: str, case: bool) -> re.Pattern[str]:
    parts = [".*" if char == "*" else "." if char == "?" else re.escape(char) for char in text]
    return re.compile("".join(parts), re.DOTALL if case else re.DOTALL | re.IGNORECASE)
