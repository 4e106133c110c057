"""Versions that need what a later deploy has taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.declarations.naming import INGRESS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_lambda import LambdaClient

    from mlfn_engine.releases.history import Move

_TABLE = "MLFN_APPROVALS_TABLE"


def asks_in_vain(client: LambdaClient, app: str, stage: str, moves: Iterable[Move]) -> Move | None:
    """The move to a version whose pipelines ask people although the stack has no table, routes and rights for that.

    What the stack has, the newest configuration tells: a version's is its own for ever.
    """
    name = f"{app}-{stage}-{INGRESS_KEY}"
    for move in moves:
        if move.function == INGRESS_KEY and _asks(client, name, move.to) and not _asks(client, name, "$LATEST"):
            return move
    return None


def _asks(client: LambdaClient, function: str, version: str) -> bool:
    found = client.get_function_configuration(FunctionName=function, Qualifier=version)
    return _TABLE in found.get("Environment", {}).get("Variables", {})
