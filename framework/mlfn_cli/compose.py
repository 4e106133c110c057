"""From a project on disk to a blueprint: discover, resolve, plan the images, render."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlfn_templates
from mlfn_engine.discover import discover
from mlfn_engine.execute import Blueprint
from mlfn_engine.make_plan import release_digest
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform, lambda_platform
from mlfn_engine.resolve import resolve_app, resolve_graph
from mlfn_engine.values import Base

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_engine.values import AppGraph, Function, ImagePlan, Platform, ResolvedApp


def resolved(session: Session) -> ResolvedApp:
    """The project's app, checked."""
    return resolve_app(discover(session.project, None))


def graph_of(session: Session) -> AppGraph:
    """The project's app in AWS's words, for the session's stage."""
    return resolve_graph(resolved(session), session.stage)


def base_for(session: Session) -> Base:
    """What images stand on: this machine's interpreter for the emulator, Lambda's base image for AWS."""
    return Base.HOST if session.target_name == "local" else Base.LAMBDA


def platform_of(function: Function, base: Base) -> Platform:
    """What a function's dependencies are resolved for."""
    return host_platform() if base is Base.HOST else lambda_platform(function.resources.architecture)


def image_plans(graph: AppGraph, base: Base) -> tuple[ImagePlan, ...]:
    """Every function's image, planned."""
    return tuple(plan_image(function, graph, platform_of(function, base)) for function in graph.functions)


def blueprint(session: Session) -> Blueprint:
    """Everything a plan is made from."""
    graph = graph_of(session)
    images = image_plans(graph, base_for(session))
    versions = {image.function: image.version for image in images}
    base = mlfn_templates.render_base(session.stage)
    app = mlfn_templates.render_app(graph, versions)
    return Blueprint(graph=graph, images=images, base=base, app=app, release=release_digest((base, app), versions))
