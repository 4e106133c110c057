"""Managed policies and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn_localstack.auth.aws_policies import AWS_MANAGED
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.iam.errors import exists, in_use, missing, no_policy, no_such_policy, too_many_versions
from mlfn_localstack.services.iam.model import Document, IamState, checked_policy, checked_tags, new_id, now, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_VERSIONS_QUOTA = 5
_AWS_DATE = 1_423_212_000.0
_PERMISSIONS_USE = "PermissionsPolicy"
_BOUNDARY_USE = "PermissionsBoundary"


class PolicyOperations:
    """Create, read, version and delete managed policies."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreatePolicy": self.create_policy,
            "CreatePolicyVersion": self.create_policy_version,
            "DeletePolicy": self.delete_policy,
            "DeletePolicyVersion": self.delete_policy_version,
            "GetPolicy": self.get_policy,
            "GetPolicyVersion": self.get_policy_version,
            "ListEntitiesForPolicy": self.list_entities_for_policy,
            "ListPolicies": self.list_policies,
            "ListPolicyVersions": self.list_policy_versions,
            "SetDefaultPolicyVersion": self.set_default_policy_version,
        }

    async def create_policy(self, context: RequestContext, params: Params) -> Result:
        """A new policy, with its first version."""
        name, path = params["PolicyName"], params.get("Path", "/")
        arn = self._state.arn("policy", path, name)
        if self._state.policies.get(arn) is not None:
            raise exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
        checked_policy(params["PolicyDocument"], managed=True)
        policy = {
            "PolicyName": name,
            "PolicyId": new_id("ANPA"),
            "Arn": arn,
            "Path": path,
            "DefaultVersionId": "v1",
            "Description": params.get("Description"),
            "CreateDate": now(),
            "UpdateDate": now(),
            "Tags": checked_tags(params, any_case=False),
            "Versions": {"v1": {"Document": params["PolicyDocument"], "CreateDate": now()}},
            "LastVersion": 1,
        }
        self._state.policies.put(arn, policy)
        shown = listed_policy(self._state, policy)
        return {"Policy": shown | ({"Tags": policy["Tags"]} if policy["Tags"] else {})}

    async def get_policy(self, context: RequestContext, params: Params) -> Result:
        """A policy, without its document."""
        try:
            policy = self._policy(params["PolicyArn"])
        except ServiceError as error:
            raise no_such_policy(params["PolicyArn"]) from error
        description = {"Description": policy["Description"]} if policy.get("Description") is not None else {}
        return {"Policy": listed_policy(self._state, policy) | description | {"Tags": policy.get("Tags", [])}}

    async def list_policies(self, context: RequestContext, params: Params) -> Result:
        """The policies in a scope, below a path."""
        scope, prefix = params.get("Scope", "All"), params.get("PathPrefix", "/")
        own = [policy for _, policy in self._state.policies.items()] if scope in ("All", "Local") else []
        known = [aws_managed(arn) for arn in AWS_MANAGED] if scope in ("All", "AWS") else []
        shown = [listed_policy(self._state, policy) for policy in (*own, *known) if policy["Path"].startswith(prefix)]
        usage = params.get("PolicyUsageFilter")
        if params.get("OnlyAttached") or usage == _PERMISSIONS_USE:
            shown = [policy for policy in shown if policy["AttachmentCount"]]
        if usage == _BOUNDARY_USE:
            shown = [policy for policy in shown if policy["PermissionsBoundaryUsageCount"]]
        return page(params, "Policies", shown)

    async def create_policy_version(self, context: RequestContext, params: Params) -> Result:
        """Another version of a policy's document."""
        policy = self._own_policy(params["PolicyArn"])
        checked_policy(params["PolicyDocument"], managed=True)
        if len(policy["Versions"]) >= _VERSIONS_QUOTA:
            raise too_many_versions(_VERSIONS_QUOTA)
        policy["LastVersion"] += 1
        version_id = f"v{policy['LastVersion']}"
        policy["Versions"][version_id] = {"Document": params["PolicyDocument"], "CreateDate": now()}
        if params.get("SetAsDefault"):
            policy["DefaultVersionId"] = version_id
        self._save(policy)
        return {"PolicyVersion": shown_version(policy, version_id)}

    async def get_policy_version(self, context: RequestContext, params: Params) -> Result:
        """A version with its document."""
        policy, version_id = self._version(params)
        document = quote(policy["Versions"][version_id]["Document"], safe="")
        return {"PolicyVersion": shown_version(policy, version_id) | {"Document": document}}

    async def list_policy_versions(self, context: RequestContext, params: Params) -> Result:
        """A policy's versions, the newest first."""
        policy = self._policy(params["PolicyArn"])
        versions = [shown_version(policy, version_id) for version_id in reversed(policy["Versions"])]
        return page(params, "Versions", versions)

    async def set_default_policy_version(self, context: RequestContext, params: Params) -> Result:
        """The version that counts."""
        policy, version_id = self._version(params)
        self._save(policy | {"DefaultVersionId": version_id})
        return {}

    async def delete_policy_version(self, context: RequestContext, params: Params) -> Result:
        """A version other than the default goes."""
        policy, version_id = self._version(params)
        if version_id == policy["DefaultVersionId"]:
            raise in_use("Cannot delete the default version of a policy.")
        del policy["Versions"][version_id]
        self._save(policy)
        return {}

    async def delete_policy(self, context: RequestContext, params: Params) -> Result:
        """A policy that nobody has any more goes."""
        policy = self._own_policy(params["PolicyArn"])
        if self._state.attached(policy["Arn"]) or self._state.bounded(policy["Arn"]):
            raise in_use("Cannot delete a policy attached to entities.")
        if len(policy["Versions"]) > 1:
            raise in_use(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        self._state.policies.delete(policy["Arn"])
        return {}

    async def list_entities_for_policy(self, context: RequestContext, params: Params) -> Result:
        """Who has a policy, attached or as a boundary."""
        arn, usage = self._policy(params["PolicyArn"])["Arn"], params.get("PolicyUsageFilter")
        found = [] if usage == _BOUNDARY_USE else self._state.attached(arn)
        found += [] if usage == _PERMISSIONS_USE else [each for each in self._state.bounded(arn) if each not in found]
        wanted, prefix = params.get("EntityFilter"), params.get("PathPrefix", "/")
        kept = [(kind, one) for kind, one in found if wanted in (None, kind) and one["Path"].startswith(prefix)]
        shown = page(params, "entities", sorted(kept, key=lambda each: each[0]))
        answer: Result = {"PolicyGroups": [], "PolicyRoles": [], "PolicyUsers": []}
        for kind, one in shown.pop("entities"):
            answer[f"Policy{kind}s"].append({name: one[name] for name in (f"{kind}Name", f"{kind}Id")})
        return answer | shown

    def _policy(self, arn: str) -> Document:
        if arn in AWS_MANAGED:
            return aws_managed(arn)
        return self._own_policy(arn)

    def _own_policy(self, arn: str) -> Document:
        policy: Document | None = self._state.policies.get(arn)
        if policy is None:
            raise no_policy(arn)
        return policy

    def _version(self, params: Params) -> tuple[Document, str]:
        arn, version_id = params["PolicyArn"], params["VersionId"]
        policy: Document | None = aws_managed(arn) if arn in AWS_MANAGED else self._state.policies.get(arn)
        if policy is None or version_id not in policy["Versions"]:
            raise missing(f"Policy {arn} version {version_id} does not exist or is not attachable.")
        return policy, version_id

    def _save(self, policy: Document) -> None:
        self._state.policies.put(policy["Arn"], policy | {"UpdateDate": now()})


def listed_policy(state: IamState, policy: Document) -> Result:
    """A policy as lists show it: how often it is used, not what it says."""
    hidden = ("Versions", "LastVersion", "Description", "Tags")
    shown = {key: value for key, value in policy.items() if key not in hidden and value is not None}
    attached, bounded = len(state.attached(policy["Arn"])), len(state.bounded(policy["Arn"]))
    return shown | {"AttachmentCount": attached, "IsAttachable": True, "PermissionsBoundaryUsageCount": bounded}


def shown_version(policy: Document, version_id: str) -> Result:
    """A version as lists show it: without its document."""
    return {
        "VersionId": version_id,
        "IsDefaultVersion": version_id == policy["DefaultVersionId"],
        "CreateDate": policy["Versions"][version_id]["CreateDate"],
    }


def aws_managed(arn: str) -> Document:
    """A policy of AWS's."""
    path, _, name = arn.removeprefix("arn:aws:iam::aws:policy").rpartition("/")
    return {
        "PolicyName": name,
        "PolicyId": "ANPA" + name.upper()[:17].ljust(17, "A"),
        "Arn": arn,
        "Path": path + "/",
        "DefaultVersionId": "v1",
        "CreateDate": _AWS_DATE,
        "UpdateDate": _AWS_DATE,
        "Versions": {"v1": {"Document": AWS_MANAGED[arn], "CreateDate": _AWS_DATE}},
    }
