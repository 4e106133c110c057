"""Whether the account's principals get web identity tokens from STS, and under which issuer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.iam.errors import feature_disabled, feature_enabled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.store import Store

_KEY = "outbound-federation"


class FederationOperations:
    """Enable, disable and describe outbound web identity federation."""

    def __init__(self, store: Store) -> None:
        self._account = store.documents("iam-account")

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "EnableOutboundWebIdentityFederation": self.enable,
            "DisableOutboundWebIdentityFederation": self.disable,
            "GetOutboundWebIdentityFederationInfo": self.info,
        }

    async def enable(self, context: RequestContext, _params: Params) -> Result:
        """The issuer; it stays the same when the feature is switched off and on again."""
        known = self._account.get(_KEY)
        if known and known["JwtVendingEnabled"]:
            raise feature_enabled()
        issuer = known["IssuerIdentifier"] if known else f"{context.endpoint}/_aws/tokens/{context.account_id}"
        self._account.put(_KEY, {"IssuerIdentifier": issuer, "JwtVendingEnabled": True})
        return {"IssuerIdentifier": issuer}

    async def disable(self, _context: RequestContext, _params: Params) -> Result:
        """Nothing, and no new tokens; those handed out stay valid."""
        known = self._enabled()
        self._account.put(_KEY, known | {"JwtVendingEnabled": False})
        return {}

    async def info(self, _context: RequestContext, _params: Params) -> Result:
        """The issuer."""
        return self._enabled()

    def _enabled(self) -> Result:
        known: Result | None = self._account.get(_KEY)
        if known is None or not known["JwtVendingEnabled"]:
            raise feature_disabled()
        return known
