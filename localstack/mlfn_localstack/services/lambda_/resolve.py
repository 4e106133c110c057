"""Which version a call runs: the one place where qualifiers, aliases and weights are resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.names import LATEST, is_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.lambda_.model import Alias, FunctionVersion
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.services.lambda_.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A version to run, and the ARN under which it was asked for."""

    version: FunctionVersion
    invoked_arn: str


def resolve(repository: Repository, reference: FunctionReference, draw: Callable[[], float]) -> Target:
    """The version that `reference` means for this call; `draw` gives a number in [0, 1) for weighted aliases.

    Raises:
        ServiceError: there is no such function, version or alias.
    """
    name, qualifier = reference.name, reference.qualifier
    invoked_arn = repository.arns.function(name, qualifier)
    if qualifier is None:
        return Target(version=repository.function(name, LATEST).latest, invoked_arn=invoked_arn)
    if qualifier == LATEST or is_version(qualifier):
        return Target(version=repository.version(name, qualifier), invoked_arn=invoked_arn)
    repository.function(name, qualifier)
    alias = repository.alias(name, qualifier)
    if alias is None:
        raise errors.function_not_found(invoked_arn)
    return Target(version=repository.version(name, _pick(alias, draw)), invoked_arn=invoked_arn)


def _pick(alias: Alias, draw: Callable[[], float]) -> str:
    if not alias.weights:
        return alias.version
    rest = draw()
    for version, weight in alias.weights:
        if rest < weight:
            return version
        rest -= weight
    return alias.version
