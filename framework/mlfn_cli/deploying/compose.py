"""From a project on disk to a blueprint: discover, resolve, plan the images, render."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_cli.localstack_target import fitted
from mlfn_engine.cache import cache_dir
from mlfn_engine.discover import discover
from mlfn_engine.images.archive_layout import PROVIDED
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import based_platform, host_platform, lambda_platform
from mlfn_engine.projects.package_settings import read_settings
from mlfn_engine.projects.project import find_project
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.resolve import resolve_app, resolve_graph
from mlfn_engine.values import Architecture, Base, PackageType

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_engine.images.values import BaseImage, ImagePlan, Platform
    from mlfn_engine.planning.blueprint import Blueprint, PlatformBlueprint
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Function, ResolvedApp


def resolved(session: Session) -> ResolvedApp:
    """The project's app, checked."""
    return resolve_app(discover(session.project, None))


def graph_of(session: Session) -> AppGraph:
    """The project's app in AWS's words, for the session's stage."""
    graph = resolve_graph(resolved(session), session.stage)
    settings = session.settings()
    graph = replace(
        graph,
        log_retention_days=settings.log_retention_days,
        vpc=settings.vpc,
        questions_topic=settings.questions_topic,
        kms_key=settings.kms_key,
    )
    if not session.only_archives:
        return graph
    return replace(graph, functions=tuple(replace(function, only_archives=True) for function in graph.functions))


def base_for(session: Session) -> Base:
    """What images stand on: the base image for AWS; for the emulator this machine, unless the project wants it, too."""
    if session.only_archives:
        return Base.HOST
    if session.target_name != "local":
        return Base.LAMBDA
    settings = read_settings(find_project(session.project).root)
    if settings.local_base and settings.base is None:
        raise BuildError(
            "local-base = true wants a base image, and pyproject.toml names none.",
            hint='Name it: base = "oci:base-image" in [tool.mlfn]; mlfn base debian makes one.',
        )
    return Base.LAMBDA if settings.local_base else Base.HOST


def image_plans(graph: AppGraph, base: Base, reporter: Reporter | None = None) -> tuple[ImagePlan, ...]:
    """Every function's image, planned: for this machine, or on the project's base image."""
    if base is Base.HOST:
        return tuple(plan_image(function, graph, host_platform()) for function in graph.functions)
    return tuple(_based_plan(function, graph, reporter or SilentReporter()) for function in graph.functions)


def _based_plan(function: Function, graph: AppGraph, reporter: Reporter) -> ImagePlan:
    if function.package is PackageType.ZIP:  # it has AWS's own Python below it
        return plan_image(function, graph, lambda_platform(function.resources.architecture))
    base, platform = _foundation(graph, function.resources.architecture, reporter)
    return plan_image(function, graph, platform, base=base)


def _foundation(graph: AppGraph, architecture: Architecture, reporter: Reporter) -> tuple[BaseImage | None, Platform]:
    from mlfn_engine.base_images.choice import chosen_base

    base = chosen_base(graph.root, architecture, cache_dir(), reporter)
    return base, based_platform(base, architecture) if base else lambda_platform(architecture)


def runtimes_of(plans: tuple[ImagePlan, ...], *, provided: bool = False) -> dict[str, str]:
    """What the archives run on: Lambda's names of its runtimes, or with `provided` one that has no Python."""
    archives = [plan for plan in plans if plan.package is PackageType.ZIP]
    return {plan.function: PROVIDED if provided else f"python{plan.platform.python}" for plan in archives}


def platform_blueprint(session: Session, graph: AppGraph) -> PlatformBlueprint:
    """The platform's own functions, the same for every app of a stage that stands on the same base image."""
    import mlfn_templates
    from mlfn_engine.make_plan import release_digest
    from mlfn_engine.planning.blueprint import PlatformBlueprint
    from mlfn_engine.platform_image import plan_platform_image

    if base_for(session) is Base.HOST:
        image = plan_platform_image(host_platform())
    else:
        base, platform = _foundation(graph, Architecture.X86_64, SilentReporter())
        image = plan_platform_image(platform, base=base)
    seal = fitted(mlfn_templates.render_seal(session.stage), session.target_name)
    functions = mlfn_templates.render_platform(session.stage, graph.kms_key)
    digest = release_digest((seal, functions), {image.function: image.version})
    return PlatformBlueprint(seal=seal, functions=functions, image=image, digest=digest)


def blueprint(session: Session) -> Blueprint:
    """Everything a plan is made from."""
    import mlfn_templates
    from mlfn_engine.make_plan import release_digest
    from mlfn_engine.planning.blueprint import Blueprint

    graph = graph_of(session)
    images = image_plans(graph, base_for(session))
    platform = platform_blueprint(session, graph)
    versions = {image.function: image.version for image in images}
    base = fitted(mlfn_templates.render_base(session.stage, graph.kms_key), session.target_name)
    app = mlfn_templates.render_app(graph, versions, runtimes_of(images, provided=graph.only_archives))
    app = fitted(app, session.target_name)
    release = release_digest((base, app), versions | {"mlfn-platform": platform.digest})
    return Blueprint(graph=graph, images=images, base=base, platform=platform, app=app, release=release)
