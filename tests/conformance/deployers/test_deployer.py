"""Every deployer keeps the same promises."""

from __future__ import annotations

import pytest

from mlfn.errors import TargetError
from mlfn_deployers import deployer_for
from mlfn_deployers.memory import MemoryDeployer
from mlfn_engine.values import Target


def target(deployer: str) -> Target:
    return Target(name="test", deployer=deployer, region="us-east-1", account_id=None, profile=None, endpoint_url=None)


def test_a_deployer_is_found_by_name() -> None:
    assert isinstance(deployer_for(target("memory")), MemoryDeployer)


def test_an_unknown_deployer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TargetError, match="no deployer 'k8s'") as caught:
        deployer_for(target("k8s"))

    assert "aws, localstack, memory" in caught.value.hint


def test_describe_is_none_before_the_first_deploy() -> None:
    assert MemoryDeployer(target("memory")).describe("reviews", "dev") is None
