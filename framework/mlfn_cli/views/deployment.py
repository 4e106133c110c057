"""What is deployed of an app: what can be called, and which version answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mlfn_engine.declarations.naming import INGRESS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from mlfn_engine.values import AppGraph, Deployment

_PADDING = 2


def endpoints(graph: AppGraph, deployment: Deployment, width: int) -> RenderableType:
    """Every model with the version that answers, and every pipeline with its mode, each with its URL.

    Where the URLs are too wide, what they begin with is told once: half a URL cannot be called.
    """
    url = dict(deployment.outputs).get("ApiUrl", "")
    paths = [("", "name", "version", "path"), *_callable(graph, deployment)]
    whole = [(*paths[0][:3], "url"), *[(*row, f"{url}{path}") for *row, path in paths[1:]]]
    if sum(max(map(len, column)) + _PADDING for column in zip(*whole, strict=True)) <= width:
        return _table(whole)
    return Group(Text(f"API: {url}"), _table(paths))


def deployment_as_json(deployment: Deployment) -> dict[str, object]:
    """A deployment as an object of objects, so that `.outputs.ApiUrl` finds what is looked for."""
    mappings = {
        name: dict(getattr(deployment, name)) for name in ("outputs", "images", "published", "traffic", "held", "fast")
    }
    return asdict(deployment) | mappings


def _table(rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*rows[0], box=None, header_style="bold")
    for row in rows[1:]:
        table.add_row(*map(Text, row))
    return table


def _callable(graph: AppGraph, deployment: Deployment) -> Iterator[tuple[str, str, str, str]]:
    """Kind, name, version and path of all that can be called."""
    for function in graph.functions:
        if function.key != INGRESS_KEY:
            yield "model", function.key, _answering(deployment, function.key), f"/models/{function.key}"
    for machine in graph.state_machines:
        name, mode = machine.pipeline.name, machine.pipeline.mode
        yield f"pipeline, {mode}", name, _answering(deployment, INGRESS_KEY), f"/pipelines/{name}"


def _answering(deployment: Deployment, key: str) -> str:
    """The version of a function that answers, and what holds it."""
    held, traffic = dict(deployment.held), dict(deployment.traffic).get(key, "–")
    images = dict(deployment.images) | dict(deployment.fast)
    if key in held:
        return f"{traffic} (held below {held[key]}; mlfn promote {key}@{held[key]} lets go)"
    return f"{traffic} ({images[key]})" if key in images else "– (not deployed)"
