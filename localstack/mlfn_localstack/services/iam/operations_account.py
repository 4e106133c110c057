"""Everything about who may do what in the account, in one answer.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn_localstack.auth.aws_policies import AWS_MANAGED
from mlfn_localstack.services.iam.model import Document, IamState, page
from mlfn_localstack.services.iam.operations_groups import shown_group
from mlfn_localstack.services.iam.operations_policies import aws_managed, listed_policy, shown_version
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
_ABSENT = (
    *("AccountAccessKeysPresent", "AccountMFAEnabled", "AccountPasswordPresent", "AccountSigningCertificatesPresent"),
    *("InstanceProfiles", "MFADevices", "MFADevicesInUse", "Providers", "ServerCertificates"),
)
"""What there is none of here."""
_QUOTAS = {
    "AccessKeysPerUserQuota": 2,
    "AssumeRolePolicySizeQuota": 2048,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "GlobalEndpointTokenVersion": 1,
    "GroupPolicySizeQuota": 5120,
    "GroupsPerUserQuota": 10,
    "GroupsQuota": 300,
    "InstanceProfilesQuota": 1000,
    "PoliciesQuota": 1500,
    "PolicySizeQuota": 6144,
    "PolicyVersionsInUseQuota": 10000,
    "RolePolicySizeQuota": 10240,
    "RolesQuota": 1000,
    "ServerCertificatesQuota": 20,
    "SigningCertificatesPerUserQuota": 2,
    "UserPolicySizeQuota": 2048,
    "UsersQuota": 5000,
    "VersionsPerPolicyQuota": 5,
}


class AccountOperations:
    """Everything about who may do what, and how much of everything there is."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"GetAccountAuthorizationDetails": self.details, "GetAccountSummary": self.summary}

    async def summary(self, _context: RequestContext, _params: Params) -> Result:
        """How much there is of everything, and how much there may be."""
        counted = {
            "Groups": self._state.groups,
            "Policies": self._state.policies,
            "Roles": self._state.roles,
            "Users": self._state.users,
        }
        versions = sum(len(policy["Versions"]) for _, policy in self._state.policies.items())
        numbers = {name: sum(1 for _ in documents.items()) for name, documents in counted.items()}
        return {"SummaryMap": {**dict.fromkeys(_ABSENT, 0), **_QUOTAS, **numbers, "PolicyVersionsInUse": versions}}

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
                return [self._policy(policy) for _, policy in self._state.policies.items()]
            case _:
                return [self._policy(aws_managed(arn)) for arn in sorted(self._attached() & set(AWS_MANAGED))]

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

    def _policy(self, policy: Document) -> Result:
        versions = [
            {**shown_version(policy, name), "Document": quote(version["Document"], safe="")}
            for name, version in policy["Versions"].items()
        ]
        return listed_policy(self._state, policy) | {"PolicyVersionList": versions}


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
