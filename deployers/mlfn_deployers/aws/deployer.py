"""The deployer of AWS and of everything that speaks its protocols."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlfn.errors import DeployError
from mlfn_deployers.aws import issuers, removal
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.api.pace import poll_s
from mlfn_deployers.aws.data_keys import keys_from
from mlfn_deployers.aws.left_behind import left_behind
from mlfn_deployers.aws.open_questions import open_questions
from mlfn_deployers.aws.packages.archives import remove_archives
from mlfn_deployers.aws.packages.images import remove_images
from mlfn_deployers.aws.packages.uploading import push_package
from mlfn_deployers.aws.platform import PlatformFunctions, PlatformStacks, stage_key
from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.releases.fast import FastDeploy
from mlfn_deployers.aws.releases.handover import Handover
from mlfn_deployers.aws.releases.latest import Latest
from mlfn_deployers.aws.releases.shadows import AwsShadows
from mlfn_deployers.aws.releases.sweeping import AWS_S, EMULATOR_S, Sweep
from mlfn_deployers.aws.releases.versions import AwsReleases
from mlfn_deployers.aws.stacks.change_sets import StackChange, Stacks, updated_at
from mlfn_engine.deployer import Removal
from mlfn_engine.values import Deployment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation.type_defs import StackTypeDef

    from mlfn_deployers.aws.releases.traffic import Answering
    from mlfn_engine.deployer import Release
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Target, Template

PARALLEL = 4


def reachable(api_url: str, endpoint_url: str | None) -> str:
    """An API's URL where its target answers now: the emulator may have been started again on another port."""
    url, endpoint = urlsplit(api_url), urlsplit(endpoint_url or "")
    if not endpoint_url or not url.path.startswith("/_aws/"):
        return api_url
    return url._replace(scheme=endpoint.scheme, netloc=endpoint.netloc).geturl()


class AwsDeployer:
    """Deploys through CloudFormation, ECR and Lambda."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._clients = Clients(target)

    def fast(self, reporter: Reporter) -> FastDeploy:
        """Deploys of code alone to the same target."""
        return FastDeploy(self._target, reporter, self._clients)

    def open_questions(self, app: str, stage: str) -> int | None:
        """How many questions of its pipelines wait for people; None if that cannot be told."""
        return open_questions(self._clients.dynamodb, f"{app}-{stage}-approvals")

    @property
    def _stacks(self) -> Stacks:
        return Stacks(self._clients.cloudformation, self._clients.s3, poll_s=poll_s(self._target))

    def _platform(self, stage: str) -> PlatformFunctions:
        emulated = self._target.endpoint_url is not None
        return PlatformStacks(clients=self._clients, stacks=self._stacks, stage=stage, emulated=emulated)

    def describe(self, app: str, stage: str) -> Deployment | None:
        """What is deployed, or None."""
        with translated(self._target):
            stack = self._stacks.describe(f"{app}-{stage}")
            return self._deployment(app, stage, stack) if stack and stack.get("Outputs") else None

    def settle(self, app: str, stage: str, reporter: Reporter) -> None:
        """Wait until the stack is no longer changing."""
        with translated(self._target):
            self._stacks.settle(f"{app}-{stage}", reporter)

    def platform_digest(self, stage: str) -> str | None:
        """The digest of the platform functions that a stage has, if it has any."""
        with translated(self._target):
            return self._platform(stage).digest()

    def template(self, app: str, stage: str) -> str | None:
        """The template that is deployed, as it was sent, or None."""
        with translated(self._target):
            return self._stacks.template(f"{app}-{stage}")

    def apply(self, release: Release, reporter: Reporter) -> Deployment:
        """Base, platform, images, app, traffic: in this order, so that nothing answers before it is complete."""
        graph = release.graph
        with translated(self._target):
            base = self._apply_base(release.base, graph.stage, reporter)
            self._ensure_data_key(release.graph, base, reporter)
            issuers.publish(self._clients, base["DataBucket"], reporter, enable=self._target.endpoint_url is not None)
            base["Writer"] = self._platform(graph.stage).apply(release.platform, base, reporter)
            images = self._push(release, base, reporter)
            self._restore(graph, base["DataBucket"], reporter)
            before = self._answering(graph)
            outputs = self._apply_app(release, base, images, before, reporter)
            handover = Handover(
                functions=self._clients.functions,
                log=AwsReleases(self._target, reporter, self._clients),
                reporter=reporter,
                percent=release.canary_percent,
            )
            handover.hand_over(release, outputs, before)
            self._sweep(graph, base["DataBucket"]).run((function.key for function in graph.functions), reporter)
        deployment = self.describe(graph.app, graph.stage)
        if deployment is None:
            raise DeployError(
                f"Stack {graph.app}-{graph.stage} is gone right after its deploy.",
                hint="Deploy again; see mlfn status.",
            )
        return deployment

    def destroy(self, app: str, stage: str, reporter: Reporter) -> Removal:
        """Remove an app's stack and images; the base stack stays."""
        with translated(self._target):
            shadows = AwsShadows(self._target, app, stage, reporter, self._clients)
            for model in shadows.models():
                shadows.stop(model)
            if self._stacks.describe(f"{app}-{stage}"):
                self._platform(stage).settle(reporter)
            found = self._stacks.delete(f"{app}-{stage}", reporter)
            base = self._stacks.outputs(f"mlfn-base-{stage}")
            images = remove_images(self._clients.ecr, f"mlfn-{stage}", app) if base else 0
            archives = remove_archives(self._clients.s3, base["DataBucket"], app) if base else 0
            counted = ((images, "images"), (archives, "archives"))
            names = [f"stack {app}-{stage}"] if found else []
            names += [f"{count} {what} of {app}" for count, what in counted if count]
            kept = left_behind(self._stacks, self._clients.s3, app, stage)
            return Removal(removed=tuple(names), retained=kept)

    def destroy_base(self, stage: str, reporter: Reporter) -> Removal:
        """Remove what the apps of a stage share, the audit trail included."""
        with translated(self._target):
            if apps := removal.apps_of(self._clients.cloudformation, stage):
                raise DeployError(
                    f"Stage {stage!r} still has apps: {', '.join(apps)}.",
                    hint="Destroy them first: mlfn destroy, in each project.",
                )
            return removal.remove_base(self._clients, self._stacks, stage, reporter)

    def make_base(self, base: Template, stage: str, reporter: Reporter) -> None:
        """Make what a stage's apps share, unless it is there."""
        with translated(self._target):
            if self._stacks.describe(f"mlfn-base-{stage}") is None:
                self._apply_base(base, stage, reporter)

    def _apply_base(self, base: Template, stage: str, reporter: Reporter) -> dict[str, str]:
        return self._stacks.apply(StackChange(template=base, parameters={}, tags={"mlfn:stage": stage}), reporter)

    def _ensure_data_key(self, graph: AppGraph, base: dict[str, str], reporter: Reporter) -> None:
        stage = keys_from(base, self._clients, graph.stage)
        if stage.keys.ensure(graph.app, stage.wrapping_key):
            reporter.report(graph.app, "has a new data key")

    def _sweep(self, graph: AppGraph, bucket: str) -> Sweep:
        grace_s = EMULATOR_S if self._target.endpoint_url else AWS_S
        return Sweep(clients=self._clients, app=graph.app, stage=graph.stage, bucket=bucket, grace_s=grace_s)

    def _push(self, release: Release, base: Mapping[str, str], reporter: Reporter) -> dict[str, str]:
        with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            uris = pool.map(
                lambda image: push_package(self._clients, base, release.graph.app, image, reporter), release.images
            )
            return {image.function: uri for image, uri in zip(release.images, uris, strict=True)}

    def _restore(self, graph: AppGraph, bucket: str, reporter: Reporter) -> None:
        """Put back what fast deploys changed behind the stack's back: it takes their code over itself."""
        images = self._stacks.parameters(f"{graph.app}-{graph.stage}")
        latest = Latest(client=self._clients.functions, bucket=bucket, poll_s=poll_s(self._target))
        for function in graph.functions:
            image = images.get(f"{function.logical_id}Image")
            if image and latest.restore(function.name, image):
                reporter.report(function.key, "was changed past its stack, which takes it over")

    def _answering(self, graph: AppGraph) -> dict[str, Answering | None]:
        names = [function.name for function in graph.functions]
        with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            found = pool.map(lambda name: traffic.current(self._clients.functions, name), names)
            return {function.key: each for function, each in zip(graph.functions, found, strict=True)}

    def _apply_app(
        self,
        release: Release,
        base: dict[str, str],
        images: dict[str, str],
        before: Mapping[str, Answering | None],
        reporter: Reporter,
    ) -> dict[str, str]:
        graph = release.graph
        parameters: dict[str, str | None] = {
            "AuditTable": base["AuditTable"],
            "AuditWriter": base["Writer"],
            "DataBucket": base["DataBucket"],
            "DataKey": base["DataKey"],
            **stage_key(base),
            "Release": release.digest,
        }
        for function in graph.functions:
            parameters[f"{function.logical_id}Image"] = images.get(function.key)
            answering = before[function.key]
            parameters[f"{function.logical_id}Traffic"] = answering.version if answering else ""
        tags = {"mlfn:app": graph.app, "mlfn:stage": graph.stage}
        change = StackChange(template=release.app, parameters=parameters, tags=tags, bucket=base["DataBucket"])
        return self._stacks.apply(replace(change, world=release.world), reporter)

    def _deployment(self, app: str, stage: str, stack: StackTypeDef) -> Deployment:
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
        outputs["ApiUrl"] = self._api_url(outputs["ApiUrl"])
        names = {key[: -len("Function")]: name for key, name in outputs.items() if key.endswith("Function")}
        keys = {prefix: name.removeprefix(f"{app}-{stage}-") for prefix, name in names.items()}
        with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            moved = pool.map(lambda name: traffic.current(self._clients.functions, name), names.values())
            answering = {keys[prefix]: found for prefix, found in zip(names, moved, strict=True) if found}
        published = {keys[prefix]: outputs[f"{prefix}LambdaVersion"] for prefix in names}
        newer = {key: found.version for key, found in answering.items() if int(found.version) > int(published[key])}
        return Deployment(
            app=app,
            stage=stage,
            target=self._target.name,
            outputs=tuple(sorted(outputs.items())),
            images=tuple((keys[prefix], outputs[f"{prefix}Version"]) for prefix in names),
            published=tuple(published.items()),
            traffic=tuple((key, found.version) for key, found in answering.items()),
            held=tuple((key, found.held_below) for key, found in answering.items() if found.held_below),
            fast=tuple((key, self._image_version(f"{app}-{stage}-{key}", number)) for key, number in newer.items()),
            release=outputs.get("Release", ""),
            updated_at=updated_at(stack).isoformat(),
        )

    def _api_url(self, told: str) -> str:
        return reachable(told, self._target.endpoint_url)

    def _image_version(self, function: str, number: str) -> str:
        found = self._clients.functions.get_function_configuration(FunctionName=function, Qualifier=number)
        return found.get("Description", "")
