"""Models as Knative Services, which Cloud Run takes, too."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import RenderError
from mlfn_templates.cloudformation.encoding import environment
from mlfn_templates.cloudformation.interfaces import plain

if TYPE_CHECKING:
    from mlfn_engine.containers.placing import Placed
    from mlfn_engine.containers.settings import KnativeSettings
    from mlfn_engine.values import AppGraph, ModelSpec

MOST_INTERFACE_BYTES = 200_000
"""Of the 256 KiB that an object's annotations may have in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceImage:
    """What a service runs."""

    version: str
    uri: str
    """By digest."""

    @property
    def digest(self) -> str:
        """`sha256:…`"""
        return self.uri.partition("@")[2]


def revision_name(placed: Placed, version: str, graph: AppGraph, settings: KnativeSettings) -> str:
    """The name of a service's revision: equal names, nothing to do.

    It is made of all that a revision is but the image's digest, which follows from the version and is known only once
    there is an image.
    """
    image = ServiceImage(version=version, uri=f"{settings.registry}@{version}")
    text = _rendered(placed, image, graph, settings, "", "")
    return f"{placed.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def render_service(
    placed: Placed, image: ServiceImage, graph: AppGraph, settings: KnativeSettings, source: str | None
) -> str:
    """One service as YAML; `source` is the project's commit.

    Raises:
        RenderError: its interface is too large for an annotation.
    """
    if len(interface(placed.model).encode()) > MOST_INTERFACE_BYTES:
        raise RenderError(
            f"The interface of {placed.model.name} has more than {MOST_INTERFACE_BYTES:,} bytes.",
            hint="Take and give smaller types: Kubernetes keeps so much about a service.",
        )
    revision = revision_name(placed, image.version, graph, settings)
    return _rendered(placed, image, graph, settings, revision, source or "")


def interface(model: ModelSpec) -> str:
    """What a model takes and gives, as JSON text."""
    return json.dumps({"input": plain(model.input_schema), "output": plain(model.output_schema)})


def _rendered(
    placed: Placed, image: ServiceImage, graph: AppGraph, settings: KnativeSettings, revision: str, source: str
) -> str:
    described = interface(placed.model)
    return (
        environment("knative")
        .get_template("service.yaml.j2")
        .render(
            s=placed,
            settings=settings,
            app=graph.app,
            stage=graph.stage,
            version=image.version,
            image=image.uri,
            digest=image.digest,
            revision=revision,
            source=source,
            interface=described,
            schema_digest=hashlib.sha256(described.encode()).hexdigest(),
        )
    )
