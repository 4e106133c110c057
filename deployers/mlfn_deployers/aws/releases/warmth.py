"""Provisioned concurrency of versions that answer no more: they are kept for rollbacks, and each would bill on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def release_warmth(client: LambdaClient, function: str) -> int:
    """Take provisioned concurrency off versions that no alias sends calls to; how many there were.

    The newest version keeps its own: after a rollback it waits to be promoted. A version that a rollback brings back
    answers without; the next deploy makes a warm one.
    """
    warm = _warm_versions(client, function)
    if len(warm) < 2:
        return 0
    kept = {*answering(client, function), str(max(map(int, warm)))}
    cold = [version for version in warm if version not in kept]
    for version in cold:
        client.delete_provisioned_concurrency_config(FunctionName=function, Qualifier=version)
    return len(cold)


def _warm_versions(client: LambdaClient, function: str) -> list[str]:
    pages = client.get_paginator("list_provisioned_concurrency_configs").paginate(FunctionName=function)
    found = [each["FunctionArn"].rpartition(":")[2] for page in pages for each in page["ProvisionedConcurrencyConfigs"]]
    return [version for version in found if version.isdecimal()]


def answering(client: LambdaClient, function: str) -> set[str]:
    """The versions that some alias of a function sends calls to, whoever made it."""
    pages = client.get_paginator("list_aliases").paginate(FunctionName=function)
    aliases = [alias for page in pages for alias in page["Aliases"]]
    weighted = [alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) for alias in aliases]
    return {alias["FunctionVersion"] for alias in aliases} | {version for weights in weighted for version in weights}
