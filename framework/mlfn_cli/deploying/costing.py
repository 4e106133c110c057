"""What a plan would cost a month, with the traffic that the audit trail saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from mlfn.errors import MlfnError
from mlfn_audit.traffic import Traffic, month_of
from mlfn_cli.trail.reading import opened_table
from mlfn_engine.costs.billing import Item, stage_bill, storage_bill, total
from mlfn_engine.costs.estimate import LEFT_OUT, Basis, Costs, Line
from mlfn_engine.costs.prices import list_prices
from mlfn_engine.costs.shapes import app_shape, stage_shape
from mlfn_engine.declarations.naming import INGRESS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.tree import Tree

    from mlfn_cli.deploying.planned import Planned
    from mlfn_cli.session import Session
    from mlfn_engine.costs.billing import Bill
    from mlfn_engine.costs.shapes import AppShape


def costs_of(session: Session, planned: Planned) -> tuple[Costs, dict[str, Traffic]]:
    """What the app costs as it is and as it would be, and the traffic that was counted with."""
    made, graph, prices = planned.made, planned.made.graph, list_prices()
    before, after = app_shape(planned.deployer.template(graph.app, graph.stage)), app_shape(made.app.body)
    prefix = f"{graph.app}-{graph.stage}-"
    traffic, unknown = _seen(session, graph.app, _names((before, after), prefix))
    basis = Basis(prices=prices, prefix=prefix, traffic=traffic, log_days=graph.log_retention_days)
    shared = stage_shape((made.base.body, made.platform.seal.body, made.platform.functions.body))
    costs = Costs(
        lines=tuple(basis.lines(before, after)),
        shared=stage_bill(shared, prices),
        stored=_stored(session, planned, basis),
        prices=prices,
        is_whole=all(each.is_whole for each in traffic.values()),
        unknown=unknown,
    )
    return costs, traffic


def add_costs(tree: Tree, costs: Costs) -> None:
    """The costs as a branch of a plan."""
    prices = costs.prices
    branch = tree.add(
        f"cost a month: {_change(costs.now, costs.after)}"
        f" [dim](AWS's list prices of {prices.region}, {prices.dated}, {prices.currency})[/]"
    )
    for line in costs.lines:
        branch.add(_line(line))
    if costs.stored:
        branch.add(f"stored now: {_items(costs.stored)}")
    branch.add(f"besides, for all apps of the stage: {_items(costs.shared)}")
    if costs.unknown:
        branch.add(f"[dim]no traffic is known: {escape(costs.unknown)}[/]")
    counted = "every record" if costs.is_whole else "a part of the records"
    branch.add(f"[dim]traffic: {counted} of the last 30 days; durations as they were[/]")
    branch.add(f"[dim]left out: {', '.join(LEFT_OUT)}[/]")


def costs_as_json(costs: Costs) -> dict[str, Any]:
    """The costs for programs."""
    return {
        "currency": costs.prices.currency,
        "region": costs.prices.region,
        "prices_dated": costs.prices.dated,
        "now": costs.now,
        "after": costs.after,
        "difference": costs.after - costs.now,
        "by_name": [_line_json(line) for line in costs.lines],
        "stored": dict(costs.stored),
        "shared_by_the_stage": dict(costs.shared),
        "every_record_counted": costs.is_whole,
        "traffic_unknown": costs.unknown,
        "left_out": list(LEFT_OUT),
    }


def costs_from_json(told: dict[str, Any]) -> Costs:
    """The costs that somebody was told, as far as `add_costs` shows them."""
    prices = replace(list_prices(), region=told["region"], dated=told["prices_dated"], currency=told["currency"])
    return Costs(
        lines=tuple(_line_from(each) for each in told["by_name"]),
        shared=_bill_from(told["shared_by_the_stage"]),
        stored=_bill_from(told["stored"]),
        prices=prices,
        is_whole=told["every_record_counted"],
        unknown=told["traffic_unknown"],
    )


def difference_told(told: dict[str, Any] | None) -> str:
    """What a plan adds to a month's cost, in a word."""
    if told is None:
        return "–"
    return _signed(told["difference"]) if _money(told["now"]) != _money(told["after"]) else "±$0"


def _line_from(told: dict[str, Any]) -> Line:
    return Line(
        name=told["name"],
        calls=told["calls"],
        mean_ms=told["mean_ms"],
        now=_bill_from(told["now"]),
        after=_bill_from(told["after"]),
        thousand=told["per_1000_calls_of_100_ms"],
    )


def _bill_from(told: dict[str, float]) -> Bill:
    return {Item(name): amount for name, amount in told.items()}


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "calls": round(line.calls),
        "mean_ms": round(line.mean_ms, 3),
        "now": dict(line.now),
        "after": dict(line.after),
        "difference": line.difference,
        "per_1000_calls_of_100_ms": line.thousand,
    }


def _names(shapes: Iterable[AppShape], prefix: str) -> set[str]:
    names = [each.name for shape in shapes for each in shape.functions]
    names += [each.name for shape in shapes for each in shape.machines]
    return {name.removeprefix(prefix) for name in names} - {INGRESS_KEY}


def _seen(session: Session, app: str, names: set[str]) -> tuple[dict[str, Traffic], str | None]:
    """The traffic of each, or why it cannot be read: a plan is no worse for it."""
    now = datetime.now(UTC)
    try:
        with opened_table(session) as table:
            client: Any = table.client
            found = {name: month_of(table, client, f"{app}.{name}", now) for name in sorted(names)}
    except MlfnError as error:
        return {}, error.message
    return {name: each for name, each in found.items() if each.calls}, None


def _stored(session: Session, planned: Planned, basis: Basis) -> Bill:
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_deployers.aws.packages.stored import stored_bytes

    if planned.deployed is None:
        return {}
    graph, target = planned.made.graph, planned.plan.target
    clients = Clients(target)
    try:
        with translated(target):
            account = clients.sts.get_caller_identity()["Account"]
            bucket = f"mlfn-data-{graph.stage}-{account}-{target.region}"
            images, archives = stored_bytes(clients, graph.app, session.stage, bucket)
    except MlfnError:
        return {}  # who may plan may not always list what is stored
    return storage_bill(images, archives, basis.prices)


def _line(line: Line) -> str:
    if line.thousand is not None and not (line.now or line.after):
        return f"{line.name}: no traffic; 1,000 calls of 100 ms cost {_money(line.thousand)}"
    seen = f"{line.calls:,.0f} calls of {line.mean_ms:,.1f} ms" if line.calls else "no traffic"
    why = ", ".join(f"{item} {_signed(difference)}" for item, difference in line.changed) if line.now else ""
    each = f"; 1,000 calls of 100 ms cost {_money(line.thousand)}" if line.thousand is not None else ""
    return f"{line.name}, {seen}: {_change(total(line.now), total(line.after))}{f' ({why})' if why else ''}{each}"


def _change(now: float, after: float) -> str:
    if _money(now) == _money(after):
        return _money(now)
    style = "red" if after > now else "green"
    return f"{_money(now)} → {_money(after)} [{style}]({_signed(after - now)})[/]"


def _items(bill: Bill) -> str:
    return f"{_money(total(bill))} ({', '.join(f'{item} {_money(amount)}' for item, amount in bill.items())})"


def _signed(amount: float) -> str:
    return f"{'+' if amount > 0 else '−'}{_money(abs(amount))}"


def _money(amount: float) -> str:
    """Cents where there are any, else what is there of one."""
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.4f}" if amount >= 0.0001 else "< $0.0001"
