"""A deploy before it is carried out: what is declared, what is deployed, and what would be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlfn.errors import DeployError
from mlfn_cli.deploying.compose import blueprint, runtimes_of
from mlfn_engine.deployer import Asked, Choosy
from mlfn_engine.make_plan import make_plan
from mlfn_engine.planning.actions import ApplyStack, PublishVersion
from mlfn_engine.planning.differences import Differences, compare, key_changes, repackaged
from mlfn_engine.planning.encryption import stage_key
from mlfn_engine.planning.saved import SavedPlan, Source, World
from mlfn_engine.planning.templates import read_template

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_engine.deployer import Builder, Deployer
    from mlfn_engine.planning.actions import Plan
    from mlfn_engine.planning.blueprint import Blueprint
    from mlfn_engine.releases.history import Approved
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Deployment, Target


_APPROVALS = "ApprovalsTable"
BASE_APP = "mlfn-base"
"""Stands for the app in the name of the stack that a stage's apps share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A deploy that is about to be made."""

    made: Blueprint
    deployed: Deployment | None
    plan: Plan
    deployer: Deployer
    approved: Approved | None = None
    """Who agreed to it, if that was needed."""

    @property
    def is_done(self) -> bool:
        """What is declared is deployed already."""
        return self.deployed is not None and not self.plan.actions

    @property
    def archives(self) -> frozenset[str]:
        """The functions that are zip archives, by key."""
        return frozenset(runtimes_of(self.made.images))

    def differences(self) -> Differences:
        """What the stack's change would mean, in words; nothing is looked up if the stack stays as it is."""
        if not any(isinstance(action, ApplyStack) for action in self.plan.actions):
            return Differences()
        found = compare(self.deployer.template(self.plan.app, self.plan.stage), self.made.app.body)
        shared = key_changes(self._base(), self.made.base.body)
        return replace(found, settings=(*shared, *found.settings))

    def _base(self) -> str | None:
        """The deployed template of what the stage's apps share."""
        return self.deployer.template(BASE_APP, self.plan.stage)

    def refuse_other_key(self) -> None:
        """Stop before anything is built if the stage's data would be left under a key that roles no longer may use.

        Raises:
            DeployError: the stage has another key than the project says.
        """
        if self.is_done:
            return
        was, now = stage_key(self._base()), stage_key(self.made.base.body)
        if was and was != now:
            raise DeployError(
                f"What stage {self.plan.stage!r} keeps is encrypted with {was}, and this project says {now or 'none'}.",
                hint="Write the kms-key that the stage was made with; every project of a stage has the same.",
            )

    def refuse_repackaging(self) -> None:
        """Stop before anything is built if a function would have to become another type of package.

        Raises:
            DeployError: one would; Lambda takes the type only when a function is created.
        """
        if self.deployed is None or self.is_done:
            return
        deployed = self.deployer.template(self.plan.app, self.plan.stage)
        changed = repackaged(deployed, self.made.app.body)
        if told := "; ".join(
            f'{name} is deployed as {was} and declared with package="{now}"' for name, was, now in changed
        ):
            raise DeployError(
                f"Lambda cannot change what type of package a function is: {told}.",
                hint="Put package= back; or give the model another name= (the old function goes with this deploy, "
                "callers use the new name); or remove the app first with mlfn destroy (its audit trail stays).",
            )

    def refuse_losing_approvals(self) -> None:
        """Stop before anything is built if versions that ask people would go on answering without their table.

        Raises:
            DeployError: the stack would lose it, while a share of the calls alone moves on.
        """
        if self._loses_approvals:
            raise DeployError(
                "This deploy takes the approvals' table away, and with --canary the version that asks people goes on.",
                hint="Answer what waits (mlfn approvals), then deploy it without --canary.",
            )

    def refuse_forgetting(self) -> None:
        """Stop before anything is built if questions wait for people, and their table would go.

        Raises:
            DeployError: they do, or nobody can tell.
        """
        if not self._loses_approvals or not isinstance(self.deployer, Asked):
            return
        count = self.deployer.open_questions(self.plan.app, self.plan.stage)
        if count == 0:
            return
        told = "one waits" if count == 1 else f"{count} wait"
        waiting = "what waits there cannot be read" if count is None else f"{told} for an answer"
        raise DeployError(
            f"This deploy takes away the table of what pipelines ask people, and {waiting}: those runs would wait on"
            " until their time is up.",
            hint="Answer them first (mlfn approvals), let the runs end, or say --allow-breaking.",
        )

    @property
    def _loses_approvals(self) -> bool:
        """Pipelines that are deployed ask people, those that are declared do not."""
        if self.deployed is None or self.is_done:
            return False
        before = self.deployer.template(self.plan.app, self.plan.stage) or "{}"
        return _APPROVALS in _resources(before) and _APPROVALS not in _resources(self.made.app.body)

    def saved(self) -> SavedPlan:
        """The plan, to be kept."""
        return SavedPlan(
            app=self.plan.app,
            stage=self.plan.stage,
            target=self.plan.target.name,
            source=Source.of(self.made),
            world=World.of(self.deployed),
        )

    def refuse_breaking(self) -> None:
        """Stop before anything is built if callers would fail who do as they do now.

        Raises:
            DeployError: an interface changes so.
        """
        if told := "; ".join(f"{each.name}: {', '.join(each.breaking)}" for each in self.differences().breaking):
            raise DeployError(
                f"This deploy would break callers: {told}.",
                hint="See who calls with mlfn audit; add to the interface instead, or say --allow-breaking.",
            )

    def builder(self) -> Builder:
        """What makes its images, signed where the project asks for it."""
        from mlfn_deployers.aws.kms_keys import kms_key
        from mlfn_engine.builders.packages import default_builder
        from mlfn_engine.provenance.vouched import vouched

        return vouched(default_builder(), self.made.graph.root, lambda name: kms_key(name, self.plan.target))

    def carry_out(self, progress: Reporter, *, canary_percent: int | None = None) -> tuple[Deployment, tuple[str, ...]]:
        """Do exactly this: what is deployed afterwards, and what changed (nothing: empty).

        Raises:
            DeployError: it failed, or somebody else changed what is deployed.
        """
        from mlfn_engine.execute import Terms, execute

        if self.deployed and self.is_done:
            return self.deployed, ()
        deployment = execute(
            self.plan,
            self.made,
            builder=self.builder(),
            deployer=self.deployer,
            reporter=progress,
            terms=Terms(canary_percent=canary_percent, world=World.of(self.deployed), approved=self.approved),
        )
        changed = tuple(action.function for action in self.plan.actions if isinstance(action, PublishVersion))
        return deployment, changed or ("configuration",)


def _resources(template: str) -> frozenset[str]:
    found = read_template(template).get("Resources")
    return frozenset(found) if isinstance(found, dict) else frozenset()


def planned(session: Session, target: Target, deployer: Deployer, progress: Reporter) -> Planned:
    """What a deploy would do, once nothing is changing any more.

    Raises:
        DeployError: it would have to change what cannot be changed.
    """
    made = blueprint(session)
    if isinstance(deployer, Choosy):
        deployer.refuse_lacking(made.graph)
    deployer.settle(made.graph.app, session.stage, progress)
    deployed = deployer.describe(made.graph.app, session.stage)
    plan = make_plan(made.graph, made.images, made.release, deployed, target)
    found = Planned(made=made, deployed=deployed, plan=plan, deployer=deployer)
    found.refuse_repackaging()
    found.refuse_other_key()
    return found
