"""New versions that do worse are rolled back by themselves; one that does not is promoted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from typing import Any

import pytest
from tests.fixtures.project import SHOP, Outcome, Project, free_port

pytestmark = pytest.mark.xdist_group("life-canary")
MOOD = SHOP["mood.py"].replace("@model(", '@model(baseline="bins.json", ')
BINS = '{"features": {"output": {"lengths": [5, 10]}}}'
"""Records say how long an answer was: `calm` and `CALM` are alike, `overjoyed` is not."""
FAILING = MOOD.replace("return", 'if "a" in text: raise ValueError("no")\n    return')
SLOW = MOOD.replace("return", "import time; time.sleep(0.05)\n    return")
SHIFTED = MOOD.replace('else "calm"', 'else random.choice(["calm", "overjoyed"])').replace(
    "from mlfn", "import random\nfrom mlfn"
)
LOUD = MOOD.replace("calm", "CALM")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(root=tmp_path_factory.mktemp("canary") / "shop", port=free_port(), runs_here=True)
    for name, text in (SHOP | {"mood.py": MOOD, "bins.json": BINS}).items():
        made.write(name, text)
    made.start_emulator()
    made.ok("deploy")
    yield made
    made.mlfn("emulator", "stop")


class Load:
    """Calls of one model, one after the other, until told to stop; counts which version answered."""

    def __init__(self, project: Project) -> None:
        self._client = project.client("lambda")
        self._stop = threading.Event()
        self.versions: Counter[str] = Counter()

    def run(self) -> None:
        while not self._stop.is_set():
            answer = self._client.invoke(FunctionName="shop-dev-mood:live", Payload=b'"a"')
            self.versions[answer["ExecutedVersion"]] += 1

    @contextmanager
    def going(self) -> Iterator[Load]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()


def canary(project: Project, code: str, share: str) -> tuple[Outcome, Counter[str]]:
    project.write("mood.py", code)
    with Load(project).going() as load:
        return project.mlfn("deploy", "--canary", share), load.versions


def answering(project: Project) -> dict[str, Any]:
    (found,) = project.ok("versions", "mood", "--json").json
    return dict(found)


def test_a_version_that_does_as_well_is_promoted(shop: Project) -> None:
    before = answering(shop)["answering"]

    outcome, versions = canary(shop, LOUD, "50%:3s")

    assert outcome.code == 0, outcome.err
    assert "promoted: 0 of" in outcome.out
    found = answering(shop)
    assert (int(found["answering"]), found["canary"], found["held_below"]) == (int(before) + 1, None, None)
    assert shop.ok("invoke", "mood", '"a"').json == "CALM"
    assert min(versions.values()) >= 20


@pytest.mark.parametrize(
    ("code", "why"),
    [(FAILING, "of its calls fail"), (SLOW, "it takes"), (SHIFTED, "its data or predictions differ")],
    ids=["errors", "latency", "shifted predictions"],
)
def test_a_version_that_does_worse_is_rolled_back_before_its_window_is_over(shop: Project, code: str, why: str) -> None:
    before = answering(shop)["answering"]

    outcome, _ = canary(shop, code, "50%:60s")

    assert outcome.code == 1
    assert f"back to {before} from" in outcome.out
    assert why in outcome.out
    assert "Error: The canary of mood was rolled back." in outcome.err
    found = answering(shop)
    assert (found["answering"], found["canary"]) == (before, None)
    assert found["held_below"] == found["versions"][-1]["version"]
    (old,) = (version for version in found["versions"] if version["version"] == before)
    assert old["put_to_work"]["how"] == "rollback"
    assert why in old["put_to_work"]["reason"]


def test_a_canary_without_calls_goes_on_and_says_how_to_end_it(shop: Project) -> None:
    before = answering(shop)["answering"]
    shop.write("mood.py", MOOD.replace("calm", "mute"))

    outcome = shop.mlfn("deploy", "--canary", "10%:1s")
    newest = answering(shop)["versions"][-1]["version"]
    again = shop.ok("deploy")

    assert outcome.code == 1
    assert f"mlfn promote mood@{newest} or mlfn rollback mood" in outcome.err
    assert "Nothing to do" in again.out
    assert answering(shop)["canary"] == {"version": newest, "percent": 10}
    for alias in ("api", "sfn", "live"):
        assert_share(shop, alias, newest, of=200, share=0.1)
    assert shop.ok("rollback", "--json").json == [{"function": "mood", "from": newest, "to": before}]
    assert answering(shop)["canary"] is None


def assert_share(project: Project, alias: str, version: str, *, of: int, share: float) -> None:
    """So many calls of an alias are split as told, within what chance makes of it once in 100,000 times."""
    client = project.client("lambda")
    calls = [client.invoke(FunctionName=f"shop-dev-mood:{alias}", Payload=b'"a"') for _ in range(of)]
    hits = sum(call["ExecutedVersion"] == version for call in calls)

    assert abs(hits - of * share) <= 4.4 * sqrt(of * share * (1 - share)), (alias, hits)
