"""`mlfn lock`: pin base images and requirements, for version control."""

from __future__ import annotations

import click

from mlfn_cli.output import json_option, print_json, tell
from mlfn_cli.session import Session, command_options


@click.command()
@click.option("--upgrade", is_flag=True, help="Look for newer base images and requirements than those locked.")
@json_option
@command_options
def lock(session: Session, upgrade: bool, as_json: bool) -> None:
    """Write mlfn.lock: the base image by digest and the requirements by hash, for AWS."""
    from mlfn_cli.deploying.compose import graph_of
    from mlfn_cli.progress import reporter
    from mlfn_engine.locking import lock_project

    graph = graph_of(session)
    with reporter() as progress:
        locked = lock_project(graph, progress, upgrade=upgrade)
    if as_json:
        print_json(locked)
        return
    for architecture, base in locked.bases:
        tell(f"{architecture}: {base.reference} is {base.digest}", done=True)
        tell(f"  Python {base.python}, glibc {base.glibc}")
    tell(f"requirements of {len(graph.functions)} functions: {locked.requirements} locks", done=True)
    tell(f"Commit {locked.path.name}.")
