"""Settings of the whole registry: PutAccountSetting, GetAccountSetting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.ecr.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ecr.model import EcrState

_VALUES: Mapping[str, tuple[str, ...]] = {
    "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE",),
    "BLOB_MOUNTING": ("DISABLED", "ENABLED"),
    "REGISTRY_POLICY_SCOPE": ("V2",),
}
"""What each setting may be, the first being what it is until it is set."""


class AccountOperations:
    """Settings of the registry; blobs are mounted from other repositories only where that is enabled."""

    def __init__(self, state: EcrState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"GetAccountSetting": self.get_account_setting, "PutAccountSetting": self.put_account_setting}

    async def get_account_setting(self, context: RequestContext, params: Params) -> Result:
        """What a setting is."""
        name = params["name"]
        _check_name(name)
        return {"name": name, "value": self._state.setting(name) or _VALUES[name][0]}

    async def put_account_setting(self, context: RequestContext, params: Params) -> Result:
        """Set it."""
        name, value = params["name"], params["value"]
        _check_name(name)
        if value not in _VALUES[name]:
            raise invalid(f"Invalid parameter at 'value': {name} can be {', '.join(_VALUES[name])}.")
        self._state.set_setting(name, value)
        return {"name": name, "value": value}


def _check_name(name: str) -> None:
    if name not in _VALUES:
        raise invalid(f"Invalid parameter at 'name': it can be {', '.join(_VALUES)}.")
