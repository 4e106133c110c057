"""`mlfn plan` says what a change costs a month, with the calls that the audit trail saw."""

from __future__ import annotations

import pytest
from tests.fixtures.project import SHOP, Project

pytestmark = pytest.mark.xdist_group("life-plan-cost")


def test_a_plan_tells_cost_before_and_after_and_who_would_break(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()

    first = project.ok("plan").out
    assert "mood: no traffic; 1,000 calls of 100 ms cost $0.01" in first
    assert "no traffic is known: Stage 'dev' has no audit trail." in first

    project.ok("deploy")
    for _ in range(3):
        project.ok("invoke", "mood", '"a"')
    dearer = SHOP["mood.py"].replace("memory_mb=128", "memory_mb=1024").replace("text: str", "text: int")
    project.write("mood.py", dearer)

    told = project.ok("plan", "--json").json
    shown = project.ok("plan").out
    (mood,) = [line for line in told["cost"]["by_name"] if line["name"] == "mood"]
    assert mood["calls"] == 91  # 3 a day, 730 hours
    assert mood["after"]["Lambda compute"] == pytest.approx(8 * mood["now"]["Lambda compute"])
    assert told["cost"]["difference"] == pytest.approx(mood["difference"])
    assert sum(told["callers"]["mood"].values()) == 3
    assert "mood, 91 calls of" in shown
    assert "called in the last 30 days by" in shown
    assert "left out: taxes, discounts and free tiers, data transfer" in shown
