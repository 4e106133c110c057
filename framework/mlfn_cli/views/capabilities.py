"""What an endpoint of LocalStack's protocol can do, as `mlfn plan` and `mlfn doctor` show it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from mlfn_deployers.localstack.capabilities import judge
from mlfn_deployers.localstack.endpoint import look_at

if TYPE_CHECKING:
    from mlfn_engine.values import Target


def capability_table(target: Target) -> Table:
    """The table, for people."""
    endpoint = look_at(target.endpoint_url or "")
    table = Table("", "capability", "without it", title=f"{endpoint.title} at {endpoint.url}", box=None)
    for each in judge(endpoint):
        mark = "[green]\u2713[/]" if each.has else "[red]\u2717[/]"
        table.add_row(mark, escape(each.capability.name), "" if each.has else escape(each.capability.without))
    return table


def capabilities_as_json(target: Target) -> list[dict[str, object]]:
    """The table, for programs."""
    judged = judge(look_at(target.endpoint_url or ""))
    return [asdict(each.capability) | {"has": each.has, "because": each.because} for each in judged]
