"""From a project on disk to a blueprint: discover, resolve, plan the images, render."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlfn_templates
from mlfn_engine.cache import cache_dir
from mlfn_engine.discover import discover
from mlfn_engine.execute import Blueprint
from mlfn_engine.make_plan import release_digest
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import based_platform, host_platform, lambda_platform
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.resolve import resolve_app, resolve_graph
from mlfn_engine.values import Base

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Function, ImagePlan, ResolvedApp


def resolved(session: Session) -> ResolvedApp:
    """The project's app, checked."""
    return resolve_app(discover(session.project, None))


def graph_of(session: Session) -> AppGraph:
    """The project's app in AWS's words, for the session's stage."""
    return resolve_graph(resolved(session), session.stage)


def base_for(session: Session) -> Base:
    """What images stand on: this machine's interpreter for the emulator, Lambda's base image for AWS."""
    return Base.HOST if session.target_name == "local" else Base.LAMBDA


def image_plans(graph: AppGraph, base: Base, reporter: Reporter | None = None) -> tuple[ImagePlan, ...]:
    """Every function's image, planned: for this machine, or on the project's base image."""
    if base is Base.HOST:
        return tuple(plan_image(function, graph, host_platform()) for function in graph.functions)
    return tuple(_based_plan(function, graph, reporter or SilentReporter()) for function in graph.functions)


def _based_plan(function: Function, graph: AppGraph, reporter: Reporter) -> ImagePlan:
    from mlfn_engine.base_images.choice import chosen_base

    architecture = function.resources.architecture
    base = chosen_base(graph.root, architecture, cache_dir(), reporter)
    platform = based_platform(base, architecture) if base else lambda_platform(architecture)
    return plan_image(function, graph, platform, base=base)


def blueprint(session: Session) -> Blueprint:
    """Everything a plan is made from."""
    graph = graph_of(session)
    images = image_plans(graph, base_for(session))
    versions = {image.function: image.version for image in images}
    base = mlfn_templates.render_base(session.stage)
    app = mlfn_templates.render_app(graph, versions)
    return Blueprint(graph=graph, images=images, base=base, app=app, release=release_digest((base, app), versions))
