"""`mlfn run-image`: one call of an image, on this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlfn.errors import BuildError, MlfnError
from mlfn_cli.calling.numeric_payload import PayloadCommand
from mlfn_cli.calling.payload import read_payload
from mlfn_cli.output import console, json_option
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_engine.running.one_call import Answer


@click.command("run-image", cls=PayloadCommand)
@click.argument("image")
@click.argument("payload", default="-")
@click.option("--env", "-e", "variables", multiple=True, metavar="NAME=VALUE", help="A variable for the function.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds until the call is given up.")
@json_option
@command_options
def run_image(
    session: Session, image: str, payload: str, variables: tuple[str, ...], timeout: float, as_json: bool
) -> None:
    """Run IMAGE in a container for one call with PAYLOAD: JSON text, @file or - for standard input.

    IMAGE is a model of this project, built on its base image; or oci:PATH, or a registry's reference.
    """
    from mlfn_engine.running.podman import find_podman

    event = read_payload(payload)
    podman = find_podman()
    reference = podman.pull(_located(session, image))
    settings = {name: value for name, _, value in (entry.partition("=") for entry in variables)}
    show(image, podman.call(reference, event, settings, sys.stderr.buffer, timeout), as_json)


def show(image: str, answer: Answer, as_json: bool) -> None:
    """Print a result; a function error is an error.

    Raises:
        MlfnError: the function failed.
    """
    import json

    if not answer.ok:
        told = json.loads(answer.body)
        raise MlfnError(
            f"{image} failed: {told.get('errorType', 'Error')}: {told.get('errorMessage', '')}",
            hint="Its stack trace and log are above.",
        )
    out = console()
    if as_json or not out.is_terminal:
        click.echo(answer.body.decode())
    else:
        out.print_json(answer.body.decode())


def _located(session: Session, image: str) -> str:
    """What podman is to pull: a model's image is built first."""
    if not image.isidentifier():
        return image
    from mlfn_cli.deploying.compose import graph_of, image_plans
    from mlfn_cli.progress import reporter
    from mlfn_engine.builders.packages import default_builder
    from mlfn_engine.values import Base, PackageType

    graph = graph_of(session)
    with reporter() as progress:
        plans = {plan.function: plan for plan in image_plans(graph, Base.LAMBDA, progress)}
        if image not in plans:
            raise BuildError(
                f"{graph.app} has no model {image!r}.", hint=f"It has: {', '.join(sorted(plans)) or 'none'}."
            )
        if plans[image].package is PackageType.ZIP:
            raise BuildError(
                f"{image} is a zip archive, and there is no image of it to run.",
                hint=f"Call it on the emulator: mlfn dev, then mlfn invoke {image}.",
            )
        return f"oci:{default_builder().build(plans[image], progress).location}"
