"""`mlfn plans`, `approve-plan`, `reject-plan`: deploys that wait for somebody else's word."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Table

from mlfn_cli.output import console, json_option, print_json, print_tree
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.tree import Tree

    from mlfn_engine.releases.approvals import PlanAnswer, PlanRequest

comment_option = click.option("--comment", "-m", default="", help="Why; it stays with the answer.")


@click.command()
@click.argument("name", metavar="[ID]", required=False)
@json_option
@command_options
def plans(session: Session, name: str | None, as_json: bool) -> None:
    """List the plans that approval was asked for; with an ID, everything that one would change."""
    from mlfn_cli.deploying.costing import add_costs, costs_from_json
    from mlfn_cli.deploying.plan_approving import found_request, plans_of, shown_again
    from mlfn_cli.views.plan import Shown, plan_tree
    from mlfn_deployers.aws.api.errors import translated

    with translated(session.target()):
        kept = plans_of(session)
        asked = (found_request(kept, name),) if name else kept.requests()
        told = [(request, kept.answers(request.digest)) for request in asked]
    if as_json:
        in_full = [_in_full(*each) for each in told]
        print_json(in_full[0] if name else in_full)
    elif told:
        console().print(_table(told))
        if name:
            tree = plan_tree(*shown_again(asked[0], session.target()), Shown(most=None))
            _add_moves(tree, asked[0].shown.get("moves", ()))
            if asked[0].cost:
                add_costs(tree, costs_from_json(asked[0].cost))
            print_tree(tree)
    else:
        console().print("No approval was asked for.")


@click.command("approve-plan")
@click.argument("name", metavar="ID")
@comment_option
@json_option
@command_options
def approve_plan(session: Session, name: str, comment: str, as_json: bool) -> None:
    """Approve a deploy that waits: exactly the plan that mlfn plans ID shows, and no other."""
    _answer(session, name, comment, as_json, approved=True)


@click.command("reject-plan")
@click.argument("name", metavar="ID")
@comment_option
@json_option
@command_options
def reject_plan(session: Session, name: str, comment: str, as_json: bool) -> None:
    """Reject a deploy that waits; of several answers by those who may give one, the latest counts."""
    _answer(session, name, comment, as_json, approved=False)


def _answer(session: Session, name: str, comment: str, as_json: bool, *, approved: bool) -> None:
    from mlfn_cli.deploying.plan_approving import answered

    answer = answered(session, name, approved=approved, comment=comment)
    if as_json:
        print_json(asdict(answer))
        return
    said = "approved" if approved else "rejected"
    console().print(f"{escape(answer.by.arn)} has {said} plan {answer.digest[:12]}.")


def _in_full(request: PlanRequest, answers: Iterable[PlanAnswer]) -> dict[str, Any]:
    return asdict(request) | {"answers": [asdict(each) for each in answers]}


def _table(told: Iterable[tuple[PlanRequest, tuple[PlanAnswer, ...]]]) -> Table:
    from mlfn_cli.deploying.costing import difference_told

    headers = ("plan", "asked (UTC)", "by", "what", "commit", "traffic", "cost a month", "answers")
    table = Table(*headers, box=None, header_style="bold")
    for request, answers in told:
        said = "; ".join(map(_said, sorted(answers, key=lambda each: each.at))) or "waits"
        by, commit = request.by.arn.rpartition(":")[2], request.revision or "–"
        cost = difference_told(request.cost)
        cells = (request.digest[:12], request.at[:19], by, _what(request), commit, request.share or "–", cost, said)
        table.add_row(*map(escape, cells))
    return table


def _what(request: PlanRequest) -> str:
    moves = request.shown.get("moves")
    return (
        ", ".join(f"{each['function']} {each['from'] or '–'} → {each['to']}" for each in moves) if moves else "deploy"
    )


def _add_moves(tree: Tree, moves: Iterable[dict[str, Any]]) -> None:
    """Which versions change places, for whoever must agree."""
    for each in moves:
        branch = tree.add(f"[bold]{escape(each['function'])}[/]: {each['from'] or '–'} → {each['to']}")
        branch.add(f"image {each['image']}, sha256:{each['digest']}, published {each['published_at'][:19]}")
        if each["canary"]:
            branch.add(f"{each['percent']} % of its calls go to {each['canary']} now")


def _said(answer: PlanAnswer) -> str:
    word = "approved" if answer.approved else "rejected"
    doubt = {True: "", None: " (name not confirmed)", False: " (not who it says)"}[answer.is_confirmed]
    comment = f": {answer.comment}" if answer.comment else ""
    return f"{word} by {answer.by.arn.rpartition(':')[2]}{doubt} {answer.at[:19]}{comment}"
