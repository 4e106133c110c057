"""What the emulator's IAM has none of, so that who deletes a role or user may look for it first.

Terraform, for one, asks for a role's instance profiles before it deletes the role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.iam.errors import missing
from mlfn_localstack.services.iam.model import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.iam.model import IamState

_LISTS = {
    "ListInstanceProfiles": "InstanceProfiles",
    "ListInstanceProfilesForRole": "InstanceProfiles",
    "ListMFADevices": "MFADevices",
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListServerCertificates": "ServerCertificateMetadataList",
    "ListSigningCertificates": "Certificates",
    "ListVirtualMFADevices": "VirtualMFADevices",
}
_WHOLE_LISTS = {
    "ListOpenIDConnectProviders": "OpenIDConnectProviderList",
    "ListSAMLProviders": "SAMLProviderList",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
}


class AbsentOperations:
    """Empty lists and refusals for what cannot be made here."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        lists = dict.fromkeys([*_LISTS, *_WHOLE_LISTS], self.none)
        profiles = dict.fromkeys(("GetLoginProfile", "DeleteLoginProfile", "UpdateLoginProfile"), self.login_profile)
        policies = dict.fromkeys(("GetAccountPasswordPolicy", "DeleteAccountPasswordPolicy"), self.password_policy)
        return {**lists, **profiles, **policies}

    async def none(self, context: RequestContext, params: Params) -> Result:
        """None of a role, a user or the account."""
        for kind in ("Role", "User"):
            if f"{kind}Name" in params:
                self._state.entity(kind, params[f"{kind}Name"])
        if context.operation in _WHOLE_LISTS:
            return {_WHOLE_LISTS[context.operation]: []}
        return page(params, _LISTS[context.operation], [])

    async def login_profile(self, _context: RequestContext, params: Params) -> Result:
        """No user has a password."""
        name = params.get("UserName", "")
        self._state.entity("User", name)
        raise missing(f"Login Profile for User {name} cannot be found.")

    async def password_policy(self, context: RequestContext, _params: Params) -> Result:
        """Where there are no passwords there is no policy for them."""
        raise missing(f"The Password Policy with domain name {context.account_id} cannot be found.")
