"""Everything about who may do what in the account, in one answer.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn_localstack.auth.aws_policies import AWS_MANAGED
from mlfn_localstack.services.iam.model import Document, IamState, now, page
from mlfn_localstack.services.iam.operations_groups import shown_group
from mlfn_localstack.services.iam.operations_roles import shown_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_LISTS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
    "AWSManagedPolicy": "Policies",
}


class AccountOperations:
    """GetAccountAuthorizationDetails."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"GetAccountAuthorizationDetails": self.details}

    async def details(self, _context: RequestContext, params: Params) -> Result:
        """Users, groups, roles and policies with their documents, a page at a time."""
        kinds = params.get("Filter") or list(_LISTS)
        entries = [(_LISTS[kind], entry) for kind in _LISTS if kind in kinds for entry in self._entries(kind)]
        shown = page(params, "entries", entries)
        answer: Result = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
        for name, entry in shown.pop("entries"):
            answer[name].append(entry)
        return answer | shown

    def _entries(self, kind: str) -> list[Result]:
        match kind:
            case "User":
                return [self._user(user) for _, user in self._state.users.items()]
            case "Group":
                return [_group(group) for _, group in self._state.groups.items()]
            case "Role":
                return [self._role(role) for _, role in self._state.roles.items()]
            case "LocalManagedPolicy":
                return [_policy(policy) for _, policy in self._state.policies.items()]
            case _:
                return [_aws_policy(arn) for arn in sorted(self._attached() & set(AWS_MANAGED))]

    def _attached(self) -> set[str]:
        entities = [*self._state.users.items(), *self._state.groups.items(), *self._state.roles.items()]
        return {arn for _, entity in entities for arn in entity["Attached"]}

    def _user(self, user: Document) -> Result:
        kept = ("Path", "UserName", "UserId", "Arn", "CreateDate", "Tags")
        shown = {name: user[name] for name in kept} | _boundary(user)
        groups = sorted(user.get("Groups", ()))
        return shown | {"UserPolicyList": _inline(user), "GroupList": groups, "AttachedManagedPolicies": _managed(user)}

    def _role(self, role: Document) -> Result:
        shown = {"Tags": [], **shown_role(role)}
        return shown | {"RolePolicyList": _inline(role), "AttachedManagedPolicies": _managed(role)}


def _group(group: Document) -> Result:
    shown = shown_group(group)
    return shown | {"GroupPolicyList": _inline(group), "AttachedManagedPolicies": _managed(group)}


def _inline(entity: Document) -> list[Result]:
    return [{"PolicyName": name, "PolicyDocument": quote(text, safe="")} for name, text in entity["Inline"].items()]


def _managed(entity: Document) -> list[Result]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in entity["Attached"]]


def _boundary(entity: Document) -> Result:
    arn = entity.get("PermissionsBoundary")
    if not arn:
        return {}
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}}


def _policy(policy: Document) -> Result:
    versions = [
        {
            "Document": quote(version["Document"], safe=""),
            "VersionId": name,
            "IsDefaultVersion": name == policy["DefaultVersionId"],
            "CreateDate": version["CreateDate"],
        }
        for name, version in policy["Versions"].items()
    ]
    kept = ("PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "CreateDate", "UpdateDate")
    return {name: policy[name] for name in kept} | {"IsAttachable": True, "PolicyVersionList": versions}


def _aws_policy(arn: str) -> Result:
    version = {
        "Document": quote(AWS_MANAGED[arn], safe=""),
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "CreateDate": now(),
    }
    name = arn.rpartition("/")[2]
    return {"PolicyName": name, "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": [version]}
