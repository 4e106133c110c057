"""What EventBridge keeps: event buses and rules with their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.errors import no_bus, no_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.service import Environment, Params

DEFAULT_BUS = "default"
PRINCIPAL = "events.amazonaws.com"
FORWARDED = "Forwarded"
"""In an entry of PutEvents that a rule sends to another bus: the event as it is."""

Bus = dict[str, Any]
"""Members of DescribeEventBus, times as numbers, and `Tags`."""
Rule = dict[str, Any]
"""Members of DescribeRule, `Tags`, `Targets`, and `Due`: when its schedule fires next (None: never)."""


class EventsState:
    """Buses and rules; every change is written through to the store."""

    def __init__(self, environment: Environment, clock: Callable[[], float]) -> None:
        self.environment = environment
        self.clock = clock
        self._buses = environment.store.documents("events-bus")
        self._documents = environment.store.documents("events-rule")
        self._rules: dict[str, dict[str, Rule]] = {}
        """By bus and name: an event is for the rules of one bus."""
        for _, rule in self._documents.items():
            self._rules.setdefault(rule["EventBusName"], {})[rule["Name"]] = rule
        self._prefix = f"arn:aws:events:{environment.region}:{environment.account_id}"
        self.changed: Callable[[], None] = lambda: None
        """Called after a rule has changed."""

    # -- buses

    def bus_arn(self, name: str) -> str:
        """The ARN of a bus."""
        return f"{self._prefix}:event-bus/{name}"

    def bus_name(self, params: Params, member: str = "EventBusName") -> str:
        """The bus that parameters name, by name or ARN.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        name = bus_name_of(params.get(member))
        self.bus(name)
        return name

    def bus(self, name: str) -> Bus:
        """A bus.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        found = self.find_bus(name)
        if found is None:
            raise no_bus(name)
        return found

    def find_bus(self, name: str) -> Bus | None:
        """A bus, or None; the default bus is always there."""
        found: Bus | None = self._buses.get(name)
        return self._default_bus() if found is None and name == DEFAULT_BUS else found

    def _default_bus(self) -> Bus:
        """The default bus, which begins when somebody first asks for it."""
        now = self.clock()
        times = {"CreationTime": now, "LastModifiedTime": now}
        bus: Bus = {"Name": DEFAULT_BUS, "Arn": self.bus_arn(DEFAULT_BUS), **times, "Tags": {}}
        self.put_bus(bus)
        return bus

    def buses(self, prefix: str = "") -> list[Bus]:
        """All buses, by name."""
        kept = dict(self._buses.items(prefix))
        if DEFAULT_BUS.startswith(prefix):
            kept.setdefault(DEFAULT_BUS, self.bus(DEFAULT_BUS))
        return [kept[name] for name in sorted(kept)]

    def put_bus(self, bus: Bus) -> None:
        """Write a bus."""
        self._buses.put(bus["Name"], bus)

    def delete_bus(self, name: str) -> None:
        """Remove a bus with its rules."""
        for rule in self.rules(name):
            self.delete_rule(rule)
        self._buses.delete(name)

    # -- rules

    def rule_arn(self, bus: str, name: str) -> str:
        """The ARN of a rule."""
        return f"{self._prefix}:rule/{name if bus == DEFAULT_BUS else f'{bus}/{name}'}"

    def rules(self, bus: str) -> list[Rule]:
        """All rules of a bus, by name."""
        return [rule for _, rule in sorted(self._rules.get(bus, {}).items())]

    def due_rules(self, before: float = float("inf")) -> list[Rule]:
        """The rules whose schedules fire by then, by name."""
        return [rule for rule in self.rules(DEFAULT_BUS) if rule.get("Due") is not None and rule["Due"] <= before]

    def find_rule(self, bus: str, name: str) -> Rule | None:
        """A rule, or None."""
        return self._rules.get(bus, {}).get(name)

    def rule(self, bus: str, name: str) -> Rule:
        """A rule.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        found = self.find_rule(bus, name)
        if found is None:
            raise no_rule(name, bus)
        return found

    def rule_of_arn(self, arn: str) -> Rule | None:
        """The rule of an ARN, or None."""
        return next((rule for rules in self._rules.values() for rule in rules.values() if rule["Arn"] == arn), None)

    def put_rule(self, rule: Rule) -> None:
        """Write a rule."""
        self._rules.setdefault(rule["EventBusName"], {})[rule["Name"]] = rule
        self._documents.put(f"{rule['EventBusName']}/{rule['Name']}", rule)
        self.changed()

    def delete_rule(self, rule: Rule) -> None:
        """Remove a rule."""
        self._rules.get(rule["EventBusName"], {}).pop(rule["Name"], None)
        self._documents.delete(f"{rule['EventBusName']}/{rule['Name']}")


def bus_name_of(given: str | None) -> str:
    """The name in a bus' name or ARN; the default bus if there is none."""
    return (given or DEFAULT_BUS).rpartition("event-bus/")[2]
