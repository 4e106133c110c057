"""What IAM keeps: documents by name, as `mlfn_localstack.auth` reads them when it decides."""

from __future__ import annotations

import json
import re
import secrets
import string
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.identities import GROUPS, POLICIES, ROLES, USERS, Identities
from mlfn_localstack.auth.keys import ACCESS_KEYS
from mlfn_localstack.auth.policy import PolicySyntaxError, Statement, parse_policy
from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.iam.errors import duplicate_tags, malformed, no_arn, no_boundary, not_found
from mlfn_localstack.services.iam.grammar import check_grammar

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.store import Store

_ID_ALPHABET = string.ascii_uppercase + string.digits
_DEFAULT_PAGE = 100
_POLICY_ARN = re.compile(r"arn:[^:]+:iam::(\d{12}|aws):policy/.+")

Document = dict[str, Any]


class IamState:
    """IAM's documents."""

    def __init__(self, store: Store, account_id: str) -> None:
        self.account_id = account_id
        self.roles = store.documents(ROLES)
        self.users = store.documents(USERS)
        self.groups = store.documents(GROUPS)
        self.policies = store.documents(POLICIES)
        self.access_keys = store.documents(ACCESS_KEYS)
        self.identities = Identities(store)
        self._kinds = {"Role": self.roles, "User": self.users, "Group": self.groups}

    def role(self, name: str) -> Document:
        """A role.

        Raises:
            ServiceError: NoSuchEntity.
        """
        return self.entity("Role", name)

    def entity(self, kind: str, name: str) -> Document:
        """A `Role`, `User` or `Group`.

        Raises:
            ServiceError: NoSuchEntity.
        """
        document: Document | None = self._kinds[kind].get(name)
        if document is None:
            raise not_found(kind.lower(), name)
        return document

    def save(self, kind: str, document: Document) -> None:
        """Write a `Role`, `User` or `Group`."""
        self._kinds[kind].put(document[f"{kind}Name"], document)

    def checked_boundary(self, params: Params) -> str | None:
        """The permissions boundary of a request, if there is one.

        Raises:
            ServiceError: InvalidInput, NoSuchEntity.
        """
        arn: str | None = params.get("PermissionsBoundary")
        if arn is not None:
            check_policy_arn(arn, "InvalidInput")
            if self.identities.managed_policy(arn) is None:
                raise no_boundary(arn)
        return arn

    def attached(self, policy: str) -> list[tuple[str, Document]]:
        """The roles, users and groups that have a managed policy, with their kinds."""
        return [each for each in self._entities() if policy in each[1]["Attached"]]

    def bounded(self, policy: str) -> list[tuple[str, Document]]:
        """The roles and users that have a managed policy as their boundary, with their kinds."""
        return [each for each in self._entities() if each[1].get("PermissionsBoundary") == policy]

    def _entities(self) -> list[tuple[str, Document]]:
        return [(kind, document) for kind, documents in self._kinds.items() for _, document in documents.items()]

    def arn(self, kind: str, path: str, name: str) -> str:
        """An ARN of this account."""
        return f"arn:aws:iam::{self.account_id}:{kind}{path}{name}"


def check_policy_arn(text: str, code: str = "ValidationError") -> None:
    """Refuse what is not the ARN of a managed policy."""
    if not _POLICY_ARN.fullmatch(text):
        raise no_arn(text, code)


def new_id(prefix: str) -> str:
    """A unique id, such as `AROA…` for a role."""
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(17))


def now() -> float:
    """The time, to the second, as IAM keeps it."""
    return float(int(time.time()))


def is_json(text: str) -> bool:
    """Whether a document is JSON at all."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def checked_policy(text: str, *, managed: bool) -> tuple[Statement, ...]:
    """The statements of an identity policy.

    Raises:
        ServiceError: MalformedPolicyDocument.
    """
    try:
        check_grammar(text, managed=managed)
    except PolicySyntaxError as error:
        raise malformed(str(error)) from error
    statements = _parsed(text)
    if any(statement.principals is not None for statement in statements):
        raise malformed("Policy document should not specify a principal.")
    return statements


def checked_trust_policy(text: str) -> tuple[Statement, ...]:
    """The statements of a trust policy.

    Raises:
        ServiceError: MalformedPolicyDocument.
    """
    if not is_json(text):
        raise malformed("This policy contains invalid Json")
    statements = _parsed(text)
    if any(statement.principals is None for statement in statements):
        raise malformed("AssumeRole policy must contain a Principal.")
    if any(statement.resources for statement in statements):
        raise malformed("Has prohibited field Resource")
    if not all(action.lower().startswith("sts:") for statement in statements for action in statement.actions):
        raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    return statements


def checked_tags(params: Params, *, any_case: bool) -> list[dict[str, str]]:
    """The tags of a request, each once; those of roles and users in `any_case`.

    Raises:
        ServiceError: InvalidInput.
    """
    tags: list[dict[str, str]] = params.get("Tags", [])
    if len({tag_name(tag["Key"], any_case=any_case) for tag in tags}) < len(tags):
        raise duplicate_tags(any_case=any_case)
    return tags


def tag_name(key: str, *, any_case: bool) -> str:
    """What a tag's key is known by.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
    """
    return key.casefold() if any_case else key


def _parsed(text: str) -> tuple[Statement, ...]:
    try:
        return parse_policy(text)
    except PolicySyntaxError as error:
        raise malformed(str(error)) from error


def page(params: Params, key: str, items: list[Any]) -> Result:
    """One page of a list: `MaxItems` items after `Marker`."""
    start = place_of(params.get("Marker")) or 0
    end = start + params.get("MaxItems", _DEFAULT_PAGE)
    result: Result = {key: items[start:end], "IsTruncated": end < len(items)}
    return result | {"Marker": str(end)} if end < len(items) else result
