"""Which revision answers: back, and forward again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.knative.conftest import MOOD

if TYPE_CHECKING:
    from tests.functional.knative.conftest import Shop


def test_a_rollback_goes_back_one_revision_and_holds_until_it_is_promoted(shop: Shop) -> None:
    shop.project.ok("deploy")
    shop.project.write("mood.py", MOOD.replace("calm", "quiet"))
    (new,) = shop.project.ok("deploy", "--json").json["services"]
    newest = new["answering"][0][0]

    (back,) = shop.project.ok("rollback", "mood", "--json").json

    assert back["from"] == newest
    assert back["to"] != newest
    (held,) = shop.project.ok("deploy", "--json").json["services"]
    assert (held["answering"], held["pinned"]) == ([[back["to"], 100]], True)
    shop.project.ok("promote", "mood@latest")
    (after,) = shop.project.ok("deploy", "--json").json["services"]
    assert (after["answering"], after["pinned"]) == ([[newest, 100]], False)


def test_a_revision_that_is_not_there_is_told_with_those_that_are(shop: Shop) -> None:
    shop.project.ok("deploy")

    assert "mood has no revision before the one that answers." in shop.project.mlfn("rollback", "mood").err
    assert "It has, the newest first: shop-dev-mood-" in shop.project.mlfn("rollback", "mood", "--to", "7").err
    assert "shop has no service of 'price'" in shop.project.mlfn("rollback", "price").err
    assert "one model at a time" in shop.project.mlfn("rollback").err
