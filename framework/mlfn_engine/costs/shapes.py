"""What of a template costs money: functions, state machines, keys and alarms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_engine.planning.templates import read_template, resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_engine.planning.templates import Tree

FREE_EPHEMERAL_MB = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionShape:
    """What a function is given."""

    name: str
    """In Lambda."""
    memory_mb: int
    architecture: str = "x86_64"
    ephemeral_mb: int = FREE_EPHEMERAL_MB
    provisioned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineShape:
    """How a pipeline runs."""

    name: str
    """In Step Functions."""
    is_express: bool
    states: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppShape:
    """All of an app that costs money."""

    functions: tuple[FunctionShape, ...] = ()
    machines: tuple[MachineShape, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageShape:
    """What a stage costs with no calls at all, whatever apps it has."""

    keys: int
    alarms: int


def app_shape(body: str | None) -> AppShape:
    """What an app's template asks for; nothing without one."""
    template = read_template(body) if body else {}
    machines = resources(template, "AWS::StepFunctions::StateMachine").values()
    return AppShape(functions=tuple(_functions(template)), machines=tuple(map(_machine, machines)))


def stage_shape(bodies: Iterable[str]) -> StageShape:
    """What the templates that a stage's apps share ask for."""
    templates = [read_template(body) for body in bodies]
    keys = sum(len(resources(each, "AWS::KMS::Key")) for each in templates)
    return StageShape(keys=keys, alarms=sum(len(resources(each, "AWS::CloudWatch::Alarm")) for each in templates))


def _functions(template: Tree) -> Iterator[FunctionShape]:
    provisioned = {
        version["FunctionName"]["Ref"]: int(version["ProvisionedConcurrencyConfig"]["ProvisionedConcurrentExecutions"])
        for version in resources(template, "AWS::Lambda::Version").values()
        if "ProvisionedConcurrencyConfig" in version
    }
    for logical_id, function in resources(template, "AWS::Lambda::Function").items():
        yield FunctionShape(
            name=str(function["FunctionName"]),
            memory_mb=int(function.get("MemorySize", 128)),
            architecture=str(next(iter(function.get("Architectures", ["x86_64"])))),
            ephemeral_mb=int(function.get("EphemeralStorage", {}).get("Size", FREE_EPHEMERAL_MB)),
            provisioned=provisioned.get(logical_id, 0),
        )


def _machine(properties: Tree) -> MachineShape:
    return MachineShape(
        name=str(properties["StateMachineName"]),
        is_express=properties.get("StateMachineType") == "EXPRESS",
        states=_states(json.loads(properties["DefinitionString"])),
    )


def _states(found: Any) -> int:
    """The states of a definition, those inside of others among them."""
    if isinstance(found, list):
        return sum(map(_states, found))
    if not isinstance(found, dict):
        return 0
    own = len(found["States"]) if isinstance(found.get("States"), dict) else 0
    return own + sum(map(_states, found.values()))
