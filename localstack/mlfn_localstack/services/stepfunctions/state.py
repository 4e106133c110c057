"""What the operations of the service share: its stores, its engine, its clock."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.arns import qualifier_of, require_arn
from mlfn_localstack.services.stepfunctions.errors import machine_missing
from mlfn_localstack.services.stepfunctions.model import StateMachine

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.stepfunctions.engine import Engine
    from mlfn_localstack.services.stepfunctions.interpreter.world import Clock
    from mlfn_localstack.services.stepfunctions.model import Executions, Machines


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a StartExecution starts."""

    machine: StateMachine
    version_arn: str | None = None
    alias_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The service's state."""

    environment: Environment
    machines: Machines
    executions: Executions
    engine: Engine
    clock: Clock

    def require_machine(self, arn: str) -> StateMachine:
        """A state machine (not a version) by ARN.

        Raises:
            ServiceError: InvalidArn or StateMachineDoesNotExist.
        """
        machine = self.machines.get(require_arn(arn, "stateMachine"))
        if machine is None or qualifier_of(arn) is not None:
            raise machine_missing(arn)
        return machine

    def target(self, arn: str) -> Target:
        """The state machine that an ARN starts; an alias picks a version by its weights.

        Raises:
            ServiceError: InvalidArn or StateMachineDoesNotExist.
        """
        require_arn(arn, "stateMachine")
        alias: dict[str, Any] | None = self.machines.aliases.get(arn)
        version = arn
        if alias is not None:
            routes = alias["routing"]
            weights = [route["weight"] for route in routes]
            version = random.choices(routes, weights=weights)[0]["stateMachineVersionArn"]  # noqa: S311  no secret
        machine = self.machines.get(version)
        if machine is None:
            raise machine_missing(arn)
        versioned = version if qualifier_of(version) else None
        return Target(machine=machine, version_arn=versioned, alias_arn=arn if alias is not None else None)

    def publish(self, machine: StateMachine, description: str | None) -> StateMachine:
        """The version that holds a state machine's current revision, published if there is none yet."""
        newest = next(iter(self.machines.versions(machine.arn)), None)
        if newest is not None and newest.revision == machine.revision:
            return newest
        machine.versions += 1
        self.machines.put(machine)
        fields = {**asdict(machine), "arn": f"{machine.arn}:{machine.versions}", "description": description}
        version = StateMachine(**{**fields, "created": self.clock.now()})
        self.machines.put(version)
        return version
