"""What transforms may know and do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.intrinsics import Scope, evaluate
from mlfn_localstack.services.cloudformation.parameters import typed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mlfn_localstack.service import Environment, Result
    from mlfn_localstack.services.cloudformation.parameters import Declared


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """One template's way through its transforms."""

    environment: Environment
    call: Callable[[str, str, dict[str, Any]], Awaitable[Result]]
    """Asks another service in the caller's name."""
    find_macro: Callable[[str], str | None]
    """The function of a macro, by its name."""
    stack_name: str
    declared: Declared
    parameters: Mapping[str, str]
    """The text of each."""

    @property
    def scope(self) -> Scope:
        """What can be said of a template before its stack is there: parameters and where it will be."""
        environment = self.environment
        pseudo = {
            "AWS::AccountId": environment.account_id,
            "AWS::Partition": "aws",
            "AWS::Region": environment.region,
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return Scope(parameters=typed(self.parameters, self.declared), pseudo=pseudo)

    def value(self, node: Any, mappings: Mapping[str, Any] | None = None) -> Any:
        """What a node comes to that uses nothing of the stack's.

        Raises:
            ServiceError: it uses what is not there.
        """
        return evaluate(node, replace(self.scope, mappings=mappings or {}))
