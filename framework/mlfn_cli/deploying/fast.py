"""`mlfn deploy --fast`: code alone, seconds instead of a change set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlfn_templates
from mlfn.errors import DeployError
from mlfn_cli.deploying.compose import runtimes_of
from mlfn_cli.localstack_target import fitted
from mlfn_deployers.aws.deployer import AwsDeployer
from mlfn_engine.execute import build_images
from mlfn_engine.make_plan import release_digest

if TYPE_CHECKING:
    from mlfn_cli.deploying.planned import Planned
    from mlfn_engine.releases.history import Move
    from mlfn_engine.reporting import Reporter


def deploy_fast(planned: Planned, progress: Reporter) -> tuple[Move, ...]:
    """Make the code that is declared answer; nothing if it does.

    Raises:
        DeployError: more than code differs from what the stack has, or a new version fails its first call.
    """
    refuse_more_than_code(planned)
    made, deployer = planned.made, planned.deployer
    if not isinstance(deployer, AwsDeployer):
        raise DeployError(
            f"Target {planned.plan.target.name!r} has no fast deploys.", hint="Deploy to it without --fast."
        )
    fast = deployer.fast(progress)
    answering = fast.answering(made.graph.app, made.graph.stage)
    changed = tuple(image for image in made.images if answering.get(image.function) != image.version)
    if not changed:
        return ()
    images = build_images(changed, planned.builder(), progress)
    return fast.run(made.graph, images)


def refuse_more_than_code(planned: Planned) -> None:
    """Stop unless the stack, with its images replaced by the declared ones, would be what is declared.

    Raises:
        DeployError: it would not, or there is none.
    """
    deployed, made = planned.deployed, planned.made
    if deployed is None:
        raise DeployError(
            f"{made.graph.app} is not deployed yet (stage {made.graph.stage}).", hint="Deploy it once without --fast."
        )
    images = dict(deployed.images)
    if images.keys() == {function.key for function in made.graph.functions}:
        app = mlfn_templates.render_app(made.graph, images, runtimes_of(made.images, provided=made.graph.only_archives))
        app = fitted(app, planned.plan.target.name)
        if release_digest((made.base, app), images | {"mlfn-platform": made.platform.digest}) == deployed.release:
            return
    raise DeployError(
        f"More than code differs between {made.graph.app} and what is deployed.",
        hint="See what with mlfn plan; deploy it without --fast.",
    )
