"""`--target knative`: an app's models as services in a cluster, from declarations to answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NoReturn

from rich.table import Table
from rich.tree import Tree

from mlfn.errors import BuildError, DeployError, UsageError
from mlfn_cli.output import ask, console, print_json, print_tree
from mlfn_cli.progress import reporter
from mlfn_cli.views.plan import show_interfaces
from mlfn_cli.views.removal import show_removal
from mlfn_engine.containers.changes import DeclaredService, Step, plan_services

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlfn_cli.session import Session
    from mlfn_deployers.knative.cluster import Cluster
    from mlfn_engine.containers.changes import RunningService, ServicesPlan
    from mlfn_engine.containers.placing import Placed
    from mlfn_engine.containers.settings import KnativeSettings
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph

TARGET = "knative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """An app as services to be."""

    graph: AppGraph
    settings: KnativeSettings
    placed: tuple[Placed, ...]
    plans: tuple[ImagePlan, ...]
    """Of the same models, in the same order."""
    declared: tuple[DeclaredService, ...]


def composed(session: Session, progress: Reporter) -> Composed:
    """The project's app, checked for what can be a container.

    Raises:
        RenderError: something of it cannot.
        UsageError: the settings name no registry.
    """
    from mlfn_cli.deploying.compose import graph_of, image_plans
    from mlfn_engine.containers.placing import place
    from mlfn_engine.containers.settings import SECTION, read_knative
    from mlfn_engine.values import Base
    from mlfn_templates.knative import interface, revision_name

    graph, settings = graph_of(session), read_knative(session.project, session.stage)
    placed = place(graph, settings, session.settings())
    if settings.registry is None:
        raise UsageError(
            "The project does not say which registry a cluster pulls its images from.",
            hint=f'Write registry = "ghcr.io/acme/models" under [{SECTION}] in pyproject.toml.',
        )
    plans = image_plans(graph, Base.LAMBDA, progress)
    declared = tuple(
        DeclaredService(
            name=each.name,
            model=each.model.name,
            version=plan.version,
            revision=revision_name(each, plan.version, graph, settings),
            interface=interface(each.model),
        )
        for each, plan in zip(placed, plans, strict=True)
    )
    return Composed(graph=graph, settings=settings, placed=placed, plans=plans, declared=declared)


def rendered(session: Session) -> str:
    """Every service as YAML; images are built for their digests, and pushed nowhere."""
    with reporter() as progress:
        made = composed(session, progress)
        names = {each.name for each in made.declared}
        return "---\n".join(_manifests(made, _built(made, names, progress)))


def show_plan(session: Session, as_json: bool) -> None:
    """Show what a deploy would change in the cluster."""
    with reporter() as progress:
        made = composed(session, progress)
        plan = plan_services(made.declared, cluster_of(session, made.graph.app).services())
    if as_json:
        about = {"app": made.graph.app, "stage": session.stage, "target": TARGET}
        print_json(about | asdict(plan))
    else:
        print_tree(_tree(made, plan, session.stage))


def deploy_services(session: Session, *, allow_breaking: bool, as_json: bool) -> None:
    """Build, push, apply and wait; services that are declared no more go.

    Raises:
        DeployError: callers would break, or a service does not become ready.
    """
    with reporter() as progress:
        made = composed(session, progress)
        if made.settings.cloud_run:
            raise UsageError(
                "Cloud Run does not answer kubectl.",
                hint="mlfn render --target knative -o services.yaml, push the images, gcloud run services replace.",
            )
        cluster = cluster_of(session, made.graph.app)
        plan = plan_services(made.declared, cluster.services())
        if not allow_breaking:
            _refuse_breaking(plan)
        changed = {each.name for each in plan.changes if each.step is not Step.REMOVE}
        gone = {each.name for each in plan.changes if each.step is Step.REMOVE}
        if changed:
            images = _pushed(made, changed, progress)
            cluster.apply(_manifests(made, images), progress)
            cluster.wait({each.name: each.revision for each in made.declared if each.name in changed}, progress)
        cluster.remove(gone, progress)
        services = cluster.services()
    _show(made, plan, services, as_json)


def remove_services(session: Session, app: str, yes: bool, as_json: bool) -> None:
    """Take an app's services away; images stay in their registry, records in their table."""

    from mlfn_engine.containers.settings import read_knative
    from mlfn_engine.deployer import Removal

    cluster, registry = cluster_of(session, app), read_knative(session.project, session.stage).registry
    names = [each.name for each in cluster.services()]
    if not yes:
        ask(f"Remove {', '.join(names) or app} ({session.stage}) from the cluster?")
    with reporter() as progress:
        removed = cluster.remove(names, progress)
    kept = [f"images of {app} in {registry}"] if registry else []
    show_removal(
        Removal(
            removed=tuple(f"service {name}" for name in removed),
            retained=(*kept, f"audit trail of stage {session.stage}"),
        ),
        as_json,
    )


def cluster_of(session: Session, app: str) -> Cluster:
    """The app's services in the cluster that the project names.

    Raises:
        TargetError: there is no kubectl.
    """
    from mlfn_deployers.knative.cluster import Cluster
    from mlfn_deployers.knative.kubectl import find_kubectl
    from mlfn_engine.containers.settings import read_knative

    settings = read_knative(session.project, session.stage)
    return Cluster(kubectl=find_kubectl(settings.context, settings.namespace), app=app, stage=session.stage)


def _built(made: Composed, names: Collection[str], progress: Reporter) -> dict[str, ImageArtifact]:
    """The images of these services, by name, signed where the project asks for it."""
    from mlfn_engine.builders.packages import default_builder
    from mlfn_engine.execute import build_images
    from mlfn_engine.provenance.vouched import vouched

    wanted = [(each.name, plan) for each, plan in zip(made.placed, made.plans, strict=True) if each.name in names]
    builder = vouched(default_builder(), made.graph.root, _no_key)
    built = build_images(tuple(plan for _, plan in wanted), builder, progress)
    return {name: image for (name, _), image in zip(wanted, built, strict=True)}


def _no_key(name: str) -> NoReturn:
    raise BuildError(
        f"The key {name!r} is in AWS's KMS, and a cluster has no account.",
        hint="Trust a key in a file, too: trusted-keys in pyproject.toml.",
    )


def _pushed(made: Composed, names: Collection[str], progress: Reporter) -> dict[str, ImageArtifact]:
    """The images of these services, in the registry."""
    from mlfn_engine.base_images.references import RegistryReference, parse_reference
    from mlfn_engine.base_images.registry_source import registry_of
    from mlfn_engine.registry import push

    named = parse_reference(made.settings.registry or "", made.graph.root)
    assert isinstance(named, RegistryReference)  # noqa: S101 - the settings take nothing else
    images = _built(made, names, progress)
    for image in images.values():
        tag = f"{made.graph.app}-{image.function}-{image.version}"
        push(image, registry_of(named), repository=named.repository, tag=tag, reporter=progress)
    return images


def _manifests(made: Composed, images: dict[str, ImageArtifact]) -> list[str]:
    from mlfn_engine.releases.revision import source_revision
    from mlfn_templates.knative import ServiceImage, render_service

    source = source_revision(made.graph.root)
    return [
        render_service(
            each,
            ServiceImage(version=image.version, uri=f"{made.settings.registry}@{image.digest}"),
            made.graph,
            made.settings,
            source,
        )
        for each in made.placed
        if (image := images.get(each.name))
    ]


def _refuse_breaking(plan: ServicesPlan) -> None:
    if told := "; ".join(f"{each.name}: {', '.join(each.breaking)}" for each in plan.interfaces if each.breaking):
        raise DeployError(
            f"This deploy would break callers: {told}.",
            hint="See who calls with mlfn audit; add to the interface instead, or say --allow-breaking.",
        )


def _tree(made: Composed, plan: ServicesPlan, stage: str) -> Tree:
    tree = Tree(f"[bold]{made.graph.app}[/], stage {stage}, target {TARGET}")
    for each in plan.changes:
        was = f" (was {each.replaces})" if each.replaces else ""
        told = f"{each.step} service {each.name} [bold]{each.model}[/] {each.version}{was}"
        tree.add(f"[red]{told}[/]" if each.step is Step.REMOVE else told)
    if not plan.changes:
        tree.add("nothing to do")
    if plan.interfaces:
        show_interfaces(tree.add("interfaces"), plan.interfaces)
    return tree


def _show(made: Composed, plan: ServicesPlan, services: tuple[RunningService, ...], as_json: bool) -> None:
    if as_json:
        about = {"app": made.graph.app, "stage": made.graph.stage, "target": TARGET}
        print_json(about | {"changes": asdict(plan)["changes"], "services": [asdict(each) for each in services]})
        return
    out = console()
    if plan.changes:
        out.print(f"[green]✓[/] Deployed {made.graph.app} to {TARGET} ({made.graph.stage}).")
    else:
        out.print(f"[green]✓[/] Nothing to do: {made.graph.app} is up to date.")
    table = Table("model", "version", "revisions", "url", box=None, header_style="bold")
    for each in services:
        shares = ", ".join(f"{revision} {percent} %" for revision, percent in each.answering)
        table.add_row(each.model, each.version, shares, f"{each.url}/models/{each.model}")
    out.print(table)
