"""What functions have reserved and provisioned is theirs, and is never waited for in vain."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

VERSION = "def handler(event, context):\n    return context['Lambda-Runtime-Invoked-Function-Arn'].rpartition(':')[2]"
PATIENCE_S = 20


async def ready(lab: Lab, qualifier: str = "1") -> None:
    """Wait until a version's environments have started."""
    while (await lab.do("GetProvisionedConcurrencyConfig", Qualifier=qualifier))["Status"] != "READY":
        await asyncio.sleep(0.02)


async def published(lab: Lab, reserved: int) -> None:
    """A function with one version, which has this much for itself."""
    await lab.create(VERSION)
    await lab.do("PublishVersion")
    await lab.do("PutFunctionConcurrency", ReservedConcurrentExecutions=reserved)


def test_versions_share_a_reservation_of_one_call_by_turns(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await published(lab, 1)
        async with asyncio.timeout(PATIENCE_S):
            return [(await lab.invoke(Qualifier=each))[0] for each in ("1", "$LATEST", "1")]

    assert run(scenario) == ["1", "$LATEST", "1"]


def test_what_is_provisioned_is_kept_for_its_version(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await published(lab, 1)
        await lab.invoke()
        await lab.do("PutProvisionedConcurrencyConfig", Qualifier="1", ProvisionedConcurrentExecutions=1)
        async with asyncio.timeout(PATIENCE_S):
            await ready(lab)
            with pytest.raises(ServiceError) as refused:
                await lab.invoke()
            mine = (await lab.invoke(Qualifier="1"))[0]
            await lab.do("DeleteProvisionedConcurrencyConfig", Qualifier="1")
            return refused.value.fields["Reason"], mine, (await lab.invoke(Qualifier="$LATEST"))[0]

    assert run(scenario) == ("ReservedFunctionConcurrentInvocationLimitExceeded", "1", "$LATEST")


def test_what_was_provisioned_goes_with_its_function(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await published(lab, 1)
        await lab.do("PutProvisionedConcurrencyConfig", Qualifier="1", ProvisionedConcurrentExecutions=1)
        await lab.do("DeleteFunction")
        await published(lab, 1)
        async with asyncio.timeout(PATIENCE_S):
            return (await lab.invoke(Qualifier="$LATEST"))[0]

    assert run(scenario) == "$LATEST"


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (1001, "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000]."),
        (
            901,
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            "minimum value of [100].",
        ),
    ],
)
def test_more_is_not_provisioned_than_the_account_has(run: Run, count: int, message: str) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(VERSION)
        await lab.do("PublishVersion")
        await lab.do("PutProvisionedConcurrencyConfig", Qualifier="1", ProvisionedConcurrentExecutions=count)

    with pytest.raises(ServiceError) as refused:
        run(scenario)
    assert (refused.value.message, refused.value.fields) == (message, {"Type": None})


def test_a_reservation_below_what_is_provisioned_is_refused_as_lambda_words_it(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await published(lab, 2)
        await lab.do("PutProvisionedConcurrencyConfig", Qualifier="1", ProvisionedConcurrentExecutions=2)
        await lab.do("PutFunctionConcurrency", ReservedConcurrentExecutions=1)

    with pytest.raises(ServiceError) as refused:
        run(scenario)
    assert refused.value.message == (
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2]."
    )
