"""`mlfn check`: everything that can be found wrong before a deploy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlfn_cli.output import json_option, print_json, tell
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlfn_engine.values import AppGraph, Base


@click.command()
@click.option(
    "--template",
    "templates",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Look at this template instead of the app: one that was ejected, or edited by hand. May be repeated.",
)
@json_option
@command_options
def check(session: Session, templates: tuple[Path, ...], as_json: bool) -> None:
    """Check declarations, pipelines, requirements for this machine and for Lambda, and the templates."""
    if templates:
        _show(as_json, {}, [_template(path) for path in templates])
        return
    if session.target_name == "knative":
        from mlfn_cli.deploying.services_checking import checked_services

        _show(as_json, {"stage": session.stage}, checked_services(session))
        return
    from mlfn_cli.deploying.compose import graph_of
    from mlfn_engine.values import Base

    graph = graph_of(session)
    findings = [
        f"{_count(len(graph.functions), 'function')} and {_count(len(graph.state_machines), 'pipeline')} declared",
        *_requirements(graph, Base.HOST),
        *_requirements(graph, Base.LAMBDA),
        *_templates(session, graph),
        *_images(graph),
        *_packages(graph),
    ]
    _show(as_json, {"app": graph.app, "stage": graph.stage}, findings, list(_unrequired(graph)))


def _template(path: Path) -> str:
    from mlfn_cli.deploying.template_checking import look_at, read

    return f"template {path} passes {look_at(str(path), read(path))}"


def _show(as_json: bool, about: dict[str, str], findings: list[str], notes: Sequence[str] = ()) -> None:
    if as_json:
        print_json({**about, "ok": findings, "notes": notes})
        return
    for finding in findings:
        tell(finding, done=True)
    for note in notes:
        tell(f"! {note}")


def _unrequired(graph: AppGraph) -> Iterator[str]:
    """What functions import and will not find in their images."""
    from mlfn_cli.deploying.compose import image_plans
    from mlfn_engine.dependencies.unrequired import unrequired
    from mlfn_engine.values import Base

    for function, module, package in unrequired(graph, image_plans(graph, Base.HOST)):
        yield f"{function} imports {module}, and no requirement of it brings that: name {package} in requirements="


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _requirements(graph: AppGraph, base: Base) -> Iterator[str]:
    """What resolves on a platform.

    Raises:
        DependencyError: a requirement has no wheel there.
    """
    from mlfn_cli.deploying.compose import image_plans

    plans = image_plans(graph, base)
    platforms = sorted({str(plan.platform) for plan in plans})
    yield f"requirements of {_count(len(plans), 'function')} resolve for {', '.join(platforms)}"


def _images(graph: AppGraph) -> Iterator[str]:
    """How the images for Lambda that have been built look to it.

    Raises:
        BuildError: Lambda would refuse one.
    """
    from mlfn_cli.deploying.compose import image_plans
    from mlfn_engine.builders.linted import unusable
    from mlfn_engine.builders.oci import built_layout
    from mlfn_engine.cache import cache_dir
    from mlfn_engine.linting.findings import Severity
    from mlfn_engine.linting.image import lint
    from mlfn_engine.values import Base

    plans = [plan for plan in image_plans(graph, Base.LAMBDA) if plan.base]
    layouts = {plan.function: built_layout(plan, cache_dir()) for plan in plans}
    for function, layout in layouts.items():
        found = lint(layout, cache_dir()) if layout else ()
        if errors := [finding for finding in found if finding.severity is Severity.ERROR]:
            raise unusable(function, errors)
        yield from (f"image of {function}: {each.rule}: {each.message}" for each in found)
    if plans:
        built = sum(layout is not None for layout in layouts.values())
        rest = "" if built == len(plans) else f"; {len(plans) - built} not built yet (mlfn build --target aws)"
        yield f"{_count(built, 'image')} for Lambda looked at{rest}"


def _packages(graph: AppGraph) -> Iterator[str]:
    """Which type of package suits each model that has been built for Lambda, told from its size."""
    from mlfn_cli.deploying.compose import image_plans
    from mlfn_engine.builders.package_advice import advice
    from mlfn_engine.builders.zip_package import unzipped_bytes
    from mlfn_engine.cache import cache_dir
    from mlfn_engine.declarations.naming import INGRESS_KEY
    from mlfn_engine.values import Base

    for plan in image_plans(graph, Base.LAMBDA):
        if plan.function != INGRESS_KEY and (size := unzipped_bytes(plan, cache_dir())) is not None:
            yield advice(plan, size)


def _templates(session: Session, graph: AppGraph) -> Iterator[str]:
    """Which templates render, and what looked at them.

    Raises:
        RenderError: something is wrong with one.
    """
    import mlfn_templates
    from mlfn_cli.deploying.compose import image_plans, runtimes_of
    from mlfn_cli.deploying.template_checking import look_at
    from mlfn_engine.values import Base

    plans = image_plans(graph, Base.LAMBDA)
    versions = {plan.function: plan.version for plan in plans}
    for template in (
        mlfn_templates.render_base(session.stage, graph.kms_key),
        mlfn_templates.render_seal(session.stage),
        mlfn_templates.render_platform(session.stage, graph.kms_key),
        mlfn_templates.render_app(graph, versions, runtimes_of(plans, provided=graph.only_archives)),
    ):
        passed = look_at(template.name, template.body)
        yield f"template {template.name} renders ({len(template.body):,} bytes) and passes {passed}"
