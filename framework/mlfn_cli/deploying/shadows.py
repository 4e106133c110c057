"""Begin and end shadows: what `mlfn shadow`, `mlfn deploy --shadow` and the moves of traffic share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import mlfn_templates
from mlfn.errors import UsageError
from mlfn_cli.deploying.deployed_functions import chosen
from mlfn_cli.views.shadow import Started
from mlfn_deployers.aws.releases.shadows import AwsShadows
from mlfn_deployers.aws.releases.versions import AwsReleases
from mlfn_engine.declarations.naming import INGRESS_KEY
from mlfn_engine.planning.differences import compare
from mlfn_engine.releases.history import Basis, Move, ShiftKind
from mlfn_engine.releases.moves import promotion_moves
from mlfn_engine.releases.shadow import share_text

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_engine.reporting import Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadows:
    """The shadows of one app in one stage."""

    session: Session
    app: str
    reporter: Reporter
    releases: AwsReleases
    own: AwsShadows

    @classmethod
    def of(cls, session: Session, app: str, reporter: Reporter) -> Shadows:
        """Those of the session's stage and target."""
        target = session.target()
        releases = AwsReleases(target, reporter)
        own = AwsShadows(target, app, session.stage, reporter, releases.clients)
        return cls(session=session, app=app, reporter=reporter, releases=releases, own=own)

    def start(
        self, model: str, version: str, percent: int, *, use_reserved: bool = False, revision: str | None = None
    ) -> Started:
        """Have a share of a model's calls copied to one of its versions.

        Raises:
            UsageError: there is no such model or version, it answers the calls itself, or live calls could suffer.
        """
        functions = chosen(self.releases.versions(self.app, self.session.stage), model, self.app, self.session)
        refuse_front_door(model)
        moves = promotion_moves(functions, model, version)
        if not moves:
            raise UsageError(
                f"Version {version} of {model} answers the calls itself.", hint=f"See mlfn versions {model}."
            )
        (move,) = moves
        if any(each.canary == move.to for each in functions):
            raise UsageError(
                f"Version {move.to} of {model} answers a share of the calls: it is a canary.",
                hint=f"End that first: mlfn promote {model}@{move.to} or mlfn rollback {model}.",
            )
        ground = self.own.ground(model)
        if ground.reserved is not None and not use_reserved:
            raise shared_concurrency(model, ground.reserved)
        template = mlfn_templates.render_shadow(
            mlfn_templates.Shadowed(
                app=self.app,
                stage=self.session.stage,
                model=model,
                version=move.to,
                role=ground.role,
                bucket=ground.bucket,
            )
        )
        permissions = compare(self.own.template(model), template.body).permissions
        self.own.start(model, template, percent)
        basis = Basis(reason=share_text(percent), revision=revision)
        self.releases.log(self.app, self.session.stage, ShiftKind.SHADOW, moves, basis)
        return Started(model=model, version=move.to, live=move.source, percent=percent, permissions=permissions)

    def stop(self, model: str) -> str | None:
        """End a model's shadow; gives the version that got copies, None if there was none."""
        version = self.own.version(model)
        if not self.own.stop(model) and version is None:
            return None
        move = Move(function=model, source=version, to=version or "")
        self.releases.log(self.app, self.session.stage, ShiftKind.SHADOW_END, (move,), Basis())
        return version or "?"


def end_of_promoted(session: Session, app: str, moves: tuple[Move, ...], reporter: Reporter) -> None:
    """End the shadows whose version answers now."""
    shadows = Shadows.of(session, app, reporter)
    for move in moves:
        if move.function != INGRESS_KEY and shadows.own.version(move.function) == move.to:
            shadows.stop(move.function)


def refuse_front_door(model: str) -> None:
    """Stop unless it is a model.

    Raises:
        UsageError: it is what lets pipelines in.
    """
    if model == INGRESS_KEY:
        raise UsageError("Pipelines have no shadow; their models may.", hint="Name a model: mlfn shadow start MODEL@9.")


def shared_concurrency(model: str, reserved: int) -> UsageError:
    """Why a model with reserved concurrency has no shadow unless somebody says so."""
    return UsageError(
        f"{model} has {reserved} reserved environments, which copies would take from its callers.",
        hint="Say --use-reserved if there is room for both, or take reserved= away while there is a shadow.",
    )
