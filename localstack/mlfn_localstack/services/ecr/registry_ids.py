"""Requests that name the account whose registry they mean: there is that of their own account alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.ecr.errors import invalid, no_repository

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mlfn_localstack.service import Operation, Params, RequestContext, Result


def own_registry(operation: Operation) -> Operation:
    """The operation, which finds nothing in registries of other accounts."""

    def checked(context: RequestContext, params: Params) -> Awaitable[Result]:
        wanted = params.get("registryId", context.account_id)
        if wanted != context.account_id:
            name = params.get("repositoryName")
            raise no_repository(name, wanted) if name else invalid(f"There is no registry with id '{wanted}'.")
        return operation(context, params)

    return checked
