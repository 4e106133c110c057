"""Which revision of a service gets its calls: back to one, and forward again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import DeployError, UsageError
from mlfn_cli.output import console, print_json
from mlfn_engine.releases.history import Move

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_deployers.knative.cluster import Cluster
    from mlfn_engine.containers.changes import RunningService

LATEST = "latest"


def refuse_approval(session: Session, *, asked: bool) -> None:
    """Stop where an approval is needed, which a cluster keeps none of.

    Raises:
        UsageError: it is.
    """
    if asked or session.settings().approval.required:
        raise UsageError(
            f"This needs an approval in stage {session.stage!r}, and knative knows none.",
            hint="Go back with mlfn rollback MODEL, which needs none, or set approval = false.",
        )


def move_traffic(session: Session, model: str, to: str | None, verb: str, as_json: bool) -> None:
    """Give a model's calls to a revision: `latest`, one by name, or (None) the one before what answers.

    Raises:
        DeployError: there is no such model or revision.
    """
    from mlfn_cli.app_name import app_name
    from mlfn_cli.deploying.knative import cluster_of

    app = app_name(session)
    cluster = cluster_of(session, app)
    services = {each.model: each for each in cluster.services()}
    if model not in services:
        raise DeployError(
            f"{app} has no service of {model!r} in the cluster.", hint=f"It has: {', '.join(services) or 'none'}."
        )
    service = services[model]
    revision = None if to == LATEST else _chosen(cluster, service, to)
    cluster.point(service.name, revision)
    move = Move(function=model, source=_answering(service), to=revision or service.revision)
    if as_json:
        print_json([{"function": move.function, "from": move.source, "to": move.to}])
    else:
        console().print(f"[green]✓[/] {verb}: {move.function} {move.source or '–'} → {move.to}.")


def _chosen(cluster: Cluster, service: RunningService, to: str | None) -> str:
    known = cluster.revisions(service.name)
    if to is None:
        answering = _answering(service)
        older = known[known.index(answering) + 1 :] if answering in known else known
    else:
        older = tuple(each for each in known if each in (to, f"{service.name}-{to}"))
    if not older:
        raise DeployError(
            f"{service.model} has no revision {to or 'before the one that answers'}.",
            hint=f"It has, the newest first: {', '.join(known) or 'none'}.",
        )
    return older[0]


def _answering(service: RunningService) -> str | None:
    """The revision that gets most calls."""
    return max(service.answering, key=lambda each: each[1])[0] if service.answering else None
