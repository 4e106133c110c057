"""`mlfn deploy --fast`: code alone, adopted by the next deploy of everything."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fixtures.project import SHOP, Project

pytestmark = pytest.mark.xdist_group("life-fast-deploy")
MOOD = SHOP["mood.py"]


def word(text: str) -> str:
    return MOOD.replace("calm", text)


def answer(project: Project) -> str:
    return str(project.ok("invoke", "mood", '"a"').json)


def versions(project: Project) -> dict[str, Any]:
    (found,) = project.ok("versions", "mood", "--json").json
    return dict(found)


def latest(project: Project) -> dict[str, Any]:
    return dict(project.client("lambda").get_function_configuration(FunctionName="shop-dev-mood"))


def fast(project: Project, text: str) -> Any:
    project.write("mood.py", word(text))
    return project.ok("deploy", "--fast", "--json").json


def test_the_next_deploy_adopts_a_fast_one_and_undoes_neither_it_nor_a_rollback_from_it(shop: Project) -> None:
    assert fast(shop, "quiet") == [{"function": "mood", "from": "1", "to": "2"}]
    assert answer(shop) == "quiet"
    assert f"2 ({versions(shop)['versions'][-1]['image']})" in shop.ok("status").out
    assert versions(shop)["versions"][-1]["put_to_work"]["reason"] == "fast: code alone"
    assert fast(shop, "quiet") == []

    shop.ok("deploy")  # of everything: the same code as a version of the stack's own
    assert (answer(shop), versions(shop)["answering"]) == ("quiet", "3")
    assert "MLFN_FAST" not in latest(shop)["Environment"]["Variables"]
    assert "Nothing to do" in shop.ok("deploy").out

    fast(shop, "loud")
    shop.ok("rollback")
    shop.ok("deploy")  # adopts what was rolled back, and leaves traffic where it was put
    assert answer(shop) == "quiet"
    assert versions(shop)["held_below"] == versions(shop)["versions"][-1]["version"]


def test_going_back_in_the_source_goes_back_for_good(shop: Project) -> None:
    shop.write("mood.py", word("first"))
    shop.ok("deploy")
    fast(shop, "second")
    shop.write("mood.py", word("first"))
    shop.ok("deploy")  # the stack has this already: its version answers again
    assert answer(shop) == "first"

    shop.write("mood.py", word("first").replace("memory_mb=128", "memory_mb=192"))
    shop.ok("deploy")  # a change of settings publishes the stack's code, not the fast deploy's

    assert answer(shop) == "first"
    assert latest(shop)["MemorySize"] == 192


def test_more_than_code_is_refused(shop: Project) -> None:
    shop.write("mood.py", word("third").replace("memory_mb=128", "memory_mb=256"))

    refused = shop.mlfn("deploy", "--fast")

    assert refused.code == 1
    assert "More than code differs between shop and what is deployed." in refused.err
    assert "mlfn plan" in refused.err
    assert shop.mlfn("deploy", "--fast", "--canary", "10%:1s").code == 2


@pytest.mark.parametrize("how", [("--fast",), ()], ids=["fast", "whole"])
def test_a_version_that_fails_its_first_call_gets_no_traffic(shop: Project, how: tuple[str, ...]) -> None:
    sound = word("sound").replace("@model(", "@model(example='a', ")
    shop.write("mood.py", sound)
    shop.ok("deploy")

    shop.write("mood.py", sound.replace("return", "raise ValueError('broken')\n    return"))
    refused = shop.mlfn("deploy", *how)

    assert refused.code == 1
    assert "of mood does not take its example: ValueError: broken" in refused.err
    assert answer(shop) == "sound"


def test_a_version_that_does_not_start_gets_no_traffic_without_any_example(shop: Project) -> None:
    shop.write("mood.py", word("up"))
    shop.ok("deploy")
    shop.write(
        "mood.py", word("down") + "\nimport os\nif 'AWS_LAMBDA_FUNCTION_NAME' in os.environ:\n    raise OSError('no')\n"
    )

    refused = shop.mlfn("deploy", "--fast")

    assert refused.code == 1
    assert "of mood does not start: " in refused.err
    assert answer(shop) == "up"


def test_there_is_nothing_to_be_fast_about_before_a_first_deploy(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()

    refused = project.mlfn("deploy", "--fast")

    assert (refused.code, "shop is not deployed yet (stage dev)." in refused.err) == (1, True)
