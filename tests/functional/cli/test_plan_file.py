"""`mlfn plan --output` and `mlfn deploy FILE`: exactly what was shown, or nothing."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess

import pytest
from tests.fixtures.emulator import LiveEmulator
from tests.fixtures.project import SHOP, Project

from mlfn.errors import DeployError
from mlfn_deployers.aws.stacks.change_sets import StackChange, Stacks
from mlfn_engine.planning.saved import World
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Template

pytestmark = pytest.mark.xdist_group("life-plan-file")
CALM = SHOP["mood.py"]


def answer(project: Project) -> str:
    return str(project.ok("invoke", "mood", '"a"').json)


def test_a_kept_plan_is_carried_out_once_and_refused_when_source_or_world_changed(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()

    shown = project.ok("plan", "--output", "first.json").out
    project.ok("deploy", "first.json")
    assert "create stack shop-dev" in shown
    assert answer(project) == "calm"

    again = project.mlfn("deploy", "first.json")
    assert (again.code, "the stack's last update was" in again.err) == (1, True)

    project.write("mood.py", CALM.replace("calm", "quiet"))
    project.ok("plan", "--output", "second.json")
    project.write("mood.py", CALM.replace("calm", "silent"))
    edited = project.mlfn("deploy", "second.json")
    assert "This plan of shop no longer holds: the code of mood differs." in edited.err
    assert answer(project) == "calm"

    project.write("mood.py", CALM.replace("calm", "quiet"))
    project.ok("deploy", "second.json")
    assert answer(project) == "quiet"

    project.write("mood.py", CALM.replace("calm", "loud"))
    project.ok("plan", "--output", "third.json")
    project.ok("rollback")
    moved = project.mlfn("deploy", "third.json")
    assert "traffic of mood was moved" in moved.err
    assert answer(project) == "calm"

    assert project.mlfn("deploy", "app.py").err.startswith("Error: app.py holds no plan.")


def test_at_a_terminal_a_deploy_first_shows_what_it_then_does(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()

    shown = at_terminal(project, "deploy")

    assert shown.index("create stack shop-dev") < shown.index("Deployed shop to local (dev)")
    assert "create stack" not in project.ok("deploy").out


def at_terminal(project: Project, *arguments: str) -> str:
    """What a command shows whose standard output is a terminal."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        project.command(*arguments), cwd=project.root, env=project.environment() | {"TERM": "xterm"}, stdout=its
    )
    os.close(its)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while part := os.read(ours, 65_536):
            shown += part
    os.close(ours)
    assert process.wait() == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())


def test_a_change_that_was_planned_for_another_state_of_the_stack_is_not_executed(emulator: LiveEmulator) -> None:
    stacks = Stacks(emulator.client("cloudformation"), emulator.client("s3"), poll_s=0.02)

    def change(days: int, world: World) -> StackChange:
        group = f'{{"Type": "AWS::Logs::LogGroup", "Properties": {{"RetentionInDays": {days}}}}}'
        body = f'{{"Resources": {{"A": {group}}}, "Outputs": {{"Days": {{"Value": "{days}"}}}}}}'
        template = Template(format="cloudformation", name="planned", body=body, parameters=())
        return StackChange(template=template, parameters={}, tags={}, world=world)

    stacks.apply(change(1, World()), SilentReporter())
    with pytest.raises(DeployError, match="Stack 'planned' was changed by somebody else"):
        stacks.apply(change(3, World()), SilentReporter())

    assert stacks.outputs("planned") == {"Days": "1"}
    assert (
        emulator.client("cloudformation").list_change_sets(StackName="planned")["Summaries"][0]["ExecutionStatus"]
        == "EXECUTE_COMPLETE"
    )
    stacks.delete("planned", SilentReporter())
