"""Provisioned concurrency follows the version that answers; kept versions hold none that would be billed."""

from __future__ import annotations

import pytest
from tests.fixtures.project import SHOP, Project

pytestmark = pytest.mark.xdist_group("life-provisioned")
MOOD = SHOP["mood.py"]


def warm(project: Project) -> list[str]:
    pages = project.client("lambda").list_provisioned_concurrency_configs(FunctionName="shop-dev-mood")
    return sorted(each["FunctionArn"].rpartition(":")[2] for each in pages["ProvisionedConcurrencyConfigs"])


def deploy(project: Project, word: str) -> str:
    project.write("mood.py", MOOD.replace("calm", word).replace("memory_mb=128", "memory_mb=128, provisioned=1"))
    return str(project.ok("deploy").err)


def test_a_version_that_no_longer_answers_is_not_kept_warm(shop: Project) -> None:
    deploy(shop, "warm")
    (first,) = warm(shop)

    told = deploy(shop, "warmer")

    (second,) = warm(shop)
    assert int(second) > int(first)
    assert "removed 1 provisioned concurrencies of versions that do not answer" in told


def test_the_newest_version_stays_warm_while_a_rollback_keeps_it_from_answering(shop: Project) -> None:
    deploy(shop, "old")
    deploy(shop, "new")
    (newest,) = warm(shop)
    shop.ok("rollback")

    deploy(shop, "newer")

    assert newest not in warm(shop)
    assert len(warm(shop)) == 1
