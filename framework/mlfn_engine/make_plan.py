"""Compare what is declared with what is deployed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from mlfn_engine.planning.actions import (
    Action,
    ApplyStack,
    BuildImage,
    MoveTraffic,
    Plan,
    PublishVersion,
    PushImage,
    RemoveFunction,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlfn_engine.images.values import ImagePlan
    from mlfn_engine.values import AppGraph, Deployment, Target, Template


def release_digest(templates: Iterable[Template], versions: Mapping[str, str]) -> str:
    """The digest (64 hex digits) of everything a deploy applies: equal digests, nothing to do."""
    facts = [[template.name, template.body] for template in templates]
    text = json.dumps([facts, sorted(versions.items())], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def make_plan(
    graph: AppGraph, images: tuple[ImagePlan, ...], release: str, deployed: Deployment | None, target: Target
) -> Plan:
    """What a deploy would do, in order; no actions when `deployed` is what is declared."""
    actions = tuple(_actions(graph, images, release, deployed))
    return Plan(app=graph.app, stage=graph.stage, target=target, actions=actions)


def _actions(
    graph: AppGraph, images: tuple[ImagePlan, ...], release: str, deployed: Deployment | None
) -> Iterator[Action]:
    current = dict(deployed.images) if deployed else {}
    changed = tuple(image for image in images if current.get(image.function) != image.version)
    if deployed and deployed.release == release:
        yield from _lagging(deployed)
        return
    for image in changed:
        yield BuildImage(function=image.function, version=image.version)
    for image in changed:
        yield PushImage(function=image.function, version=image.version)
    yield ApplyStack(stack=f"{graph.app}-{graph.stage}", create=deployed is None)
    for image in changed:
        yield PublishVersion(function=image.function, version=image.version, replaces=current.get(image.function))
    for image in changed:
        yield MoveTraffic(function=image.function, version=image.version)
    for key in sorted(current.keys() - {function.key for function in graph.functions}):
        yield RemoveFunction(function=key)


def _lagging(deployed: Deployment) -> Iterator[Action]:
    """Functions whose aliases an interrupted deploy, not a rollback, left behind the newest version."""
    images, traffic, held = dict(deployed.images), dict(deployed.traffic), dict(deployed.held)
    for key, newest in deployed.published:
        if traffic.get(key) != newest and held.get(key) != newest:
            yield MoveTraffic(function=key, version=images[key])
