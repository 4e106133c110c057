"""What requests may ask of KMS that the emulator does not do: better no answer than one that leaves it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.kms import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_MEMBERS = frozenset({"DryRunModifiers", "KeyMaterialDescription", "Recipient", "ResourceOwners", "XksKeyId"})


def served(operation: Operation) -> Operation:
    """The operation, which refuses what it does not do."""

    def checked(context: RequestContext, params: Params) -> Awaitable[Result]:
        if not _MEMBERS.isdisjoint(params):
            raise errors.unsupported(f"The emulator does not support {min(_MEMBERS.intersection(params))}.")
        return operation(context, params)

    return checked
