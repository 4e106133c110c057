"""CreateGrant and its neighbours."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.model import check_dry_run, page, usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.kms.access import KeyAccess
    from mlfn_localstack.services.kms.grants import Grant, Grants
    from mlfn_localstack.services.kms.model import Key, KmsState

_KEPT = ("Name", "GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints")
_UNSUPPORTED = ("GranteeServicePrincipal", "RetiringServicePrincipal")
_PRINCIPALS = ("arn:aws:iam::", "arn:aws:sts::")


class GrantOperations:
    """Give permissions on a key, list them, take them back."""

    def __init__(self, state: KmsState, access: KeyAccess, grants: Grants) -> None:
        self._state = state
        self._access = access
        self._grants = grants

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateGrant": self.create,
            "ListGrants": self.list_grants,
            "ListRetirableGrants": self.list_retirable,
            "RetireGrant": self.retire,
            "RevokeGrant": self.revoke,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """A new grant, or the same one of that name again."""
        key = usable(self._key(context, params))
        _check(params)
        check_dry_run(params)
        kept = {name: params[name] for name in _KEPT if name in params}
        arn = key["Metadata"]["Arn"]
        for known in self._grants.of(arn) if "Name" in params else ():
            if {name: known[name] for name in _KEPT if name in known} == kept:
                return {name: known[name] for name in ("GrantId", "GrantToken")}
        grant: Grant = {
            "KeyId": arn,
            "GrantId": secrets.token_hex(32),
            "GrantToken": secrets.token_urlsafe(96),
            "CreationDate": float(int(time.time())),
            "IssuingAccount": f"arn:aws:iam::{context.account_id}:root",
            **kept,
        }
        self._grants.put(grant)
        return {name: grant[name] for name in ("GrantId", "GrantToken")}

    async def list_grants(self, context: RequestContext, params: Params) -> Result:
        """A key's grants."""
        arn = self._key(context, params)["Metadata"]["Arn"]
        wanted = {name: params[name] for name in ("GrantId", "GranteePrincipal") if name in params}
        found = [_shown(grant) for grant in self._grants.of(arn) if wanted.items() <= grant.items()]
        return page(params, "Grants", found)

    async def list_retirable(self, context: RequestContext, params: Params) -> Result:
        """The grants that a principal may retire."""
        if not params.get("RetiringPrincipal"):
            raise errors.invalid("Retiring principal must be specified")
        found = [grant for grant in self._grants.all() if grant.get("RetiringPrincipal") == params["RetiringPrincipal"]]
        return page(params, "Grants", [_shown(grant) for grant in found])

    async def revoke(self, context: RequestContext, params: Params) -> Result:
        """A grant goes, because who administers the key says so."""
        grant = self._named(self._key(context, params), params["GrantId"])
        check_dry_run(params)
        self._grants.delete(grant["GrantId"])
        return {}

    async def retire(self, context: RequestContext, params: Params) -> Result:
        """A grant goes, because who may retire it, or the account, says so."""
        if "GrantToken" in params:
            token = params["GrantToken"]
            found = next((each for each in self._grants.all() if each["GrantToken"] == token), None)
            if found is None:
                raise ServiceError("InvalidGrantTokenException", "The grant token is not valid.")
        elif "GrantId" in params and "KeyId" in params:
            found = self._named(self._state.key(params["KeyId"]), params["GrantId"])
        else:
            raise errors.invalid("Grant token OR (grant ID, key ID) must be specified")
        if context.caller.arn != found.get("RetiringPrincipal"):
            self._access.check(context, self._state.key(found["KeyId"]))
        check_dry_run(params)
        self._grants.delete(found["GrantId"])
        return {}

    def _key(self, context: RequestContext, params: Params) -> Key:
        key = self._state.key(params["KeyId"])
        self._access.check(context, key)
        return key

    def _named(self, key: Key, grant_id: str) -> Grant:
        grant = self._grants.find(grant_id)
        if grant is None or grant["KeyId"] != key["Metadata"]["Arn"]:
            raise errors.not_found(f"Grant ID {grant_id} not found")
        return grant


def _shown(grant: Grant) -> Result:
    return {"Name": "", **{name: value for name, value in grant.items() if name != "GrantToken"}}


def _check(params: Params) -> None:
    given = [name for name in _UNSUPPORTED if params.get(name)]
    if params.get("Constraints", {}).get("SourceArn"):
        given.append("Constraints.SourceArn")
    if given:
        raise errors.unsupported(f"The emulator does not support {', '.join(given)} of grants.")
    if "GranteePrincipal" not in params:
        raise errors.invalid("Either GranteePrincipal or GranteeServicePrincipal must be specified")
    for name in ("GranteePrincipal", "RetiringPrincipal"):
        if name in params and not params[name].startswith(_PRINCIPALS):
            raise ServiceError("InvalidArnException", f"{params[name]} is not a valid principal ARN")
