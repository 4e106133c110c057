"""A model delivered as a zip archive, from deploy to destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.fixtures.project import SHOP, Project

if TYPE_CHECKING:
    from tests.fixtures.project import Outcome

pytestmark = pytest.mark.xdist_group("zips")
ZIPPED = SHOP["pricing.py"].replace("@model(", '@model(package="zip", ')


@pytest.fixture
def deployed(project: Project) -> Project:
    """The shop with `price` as an archive, `mood` as an image, and a pipeline that calls the archive."""
    for name, text in (SHOP | {"pricing.py": ZIPPED}).items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    return project


def refused(outcome: Outcome) -> bool:
    told = 'shop-dev-price is deployed as zip and declared with package="image"'
    return outcome.code == 1 and told in outcome.err and "another name=" in outcome.err


def test_an_archive_lives_as_an_image_does(deployed: Project) -> None:
    order = '{"item": "tea", "count": 2}'
    assert deployed.ok("invoke", "price", order, "--json").json["cents"] == 500
    assert deployed.ok("run", "quote", f"[{order}]", "--json").code == 0
    too_many = deployed.mlfn("invoke", "price", '{"item": "tea", "count": 101}')
    no_order = deployed.mlfn("invoke", "price", '{"item": "tea"}')
    assert (too_many.code, no_order.code) == (1, 1)

    records = deployed.trail("price", count=4)
    assert sorted(record["status"] for record in records) == ["error", "ok", "ok", "rejected"]

    deployed.write("pricing.py", ZIPPED.replace("250", "300"))
    deployed.ok("deploy")
    assert deployed.ok("invoke", "price", order, "--json").json["cents"] == 600
    deployed.ok("rollback", "price")
    assert deployed.ok("invoke", "price", order, "--json").json["cents"] == 500

    deployed.write("pricing.py", ZIPPED.replace("250", "350"))
    deployed.ok("deploy", "--fast")
    assert deployed.ok("invoke", "price", order, "--json").json["cents"] == 700

    deployed.write("pricing.py", SHOP["pricing.py"])
    assert refused(deployed.mlfn("plan"))
    assert refused(deployed.mlfn("deploy", "--allow-breaking"))

    deployed.write("pricing.py", SHOP["pricing.py"].replace("@model(", '@model(name="cost", '))
    deployed.write("mood.py", SHOP["mood.py"].replace("@model(", '@model(package="zip", name="feeling", '))
    deployed.ok("deploy", "--allow-breaking")
    assert deployed.ok("invoke", "cost", order, "--json").json["cents"] == 500
    assert deployed.ok("invoke", "feeling", '"a"', "--json").json == "calm"
    assert "archives of shop" in deployed.ok("destroy", "--yes").out
