"""`mlfn deploy --shadow`: new versions answer nobody, and get copies of a share of the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_cli.deploying.shadows import Shadows, shared_concurrency
from mlfn_cli.output import console
from mlfn_cli.progress import reporter
from mlfn_cli.views.shadow import show_started
from mlfn_engine.declarations.naming import INGRESS_KEY
from mlfn_engine.planning.actions import PublishVersion
from mlfn_engine.releases.revision import source_revision
from mlfn_engine.releases.shadow import parse_share

if TYPE_CHECKING:
    from mlfn_cli.deploying.planned import Planned
    from mlfn_cli.session import Session


def refuse_shared(planned: Planned) -> None:
    """Stop before anything is built if copies would take environments that a new version's callers need.

    Raises:
        UsageError: a model reserves its concurrency.
    """
    published = {action.function for action in planned.plan.actions if isinstance(action, PublishVersion)}
    for function in planned.made.graph.functions:
        reserved = function.scaling.reserved
        if planned.deployed is not None and function.key in published and reserved is not None:
            raise shared_concurrency(function.key, reserved)


def deploy_shadow(session: Session, planned: Planned, share: str, as_json: bool) -> None:
    """Deploy, leave traffic where it is, and have the new versions' models get copies."""
    percent, graph = parse_share(share), planned.made.graph
    with reporter() as progress:
        deployment, changed = planned.carry_out(progress, canary_percent=0)
        held, revision = dict(deployment.held), source_revision(graph.root)
        shadows = Shadows.of(session, graph.app, progress)
        started = tuple(
            shadows.start(key, held[key], percent, revision=revision)
            for key in changed
            if key != INGRESS_KEY and key in held
        )
    show_started(started, as_json)
    if as_json:
        return
    if not changed:
        console().print(f"Nothing to do: {graph.app} is up to date.")
    elif not started:
        console().print("No model had an old version to answer beside: all of them answer with what was deployed.")
    if INGRESS_KEY in changed and INGRESS_KEY in held:
        console().print(
            f"Pipelines stay as they were, too: mlfn promote {INGRESS_KEY}@{held[INGRESS_KEY]} takes the new ones."
        )
