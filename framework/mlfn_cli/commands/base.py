"""`mlfn base`: make an image for functions to stand on."""

from __future__ import annotations

from pathlib import Path

import click

from mlfn_cli.output import json_option, print_json, tell
from mlfn_cli.whole_help import WholeHelpGroup
from mlfn_engine.values import Architecture


@click.group(cls=WholeHelpGroup)
def base() -> None:
    """Make base images for functions."""


@base.command()
@click.option(
    "--output",
    "-o",
    default="base-image",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory for the OCI layout.",
)
@click.option("--suite", default="bookworm", show_default=True, help="Which Debian.")
@click.option("--mirror", multiple=True, help="An apt source instead of Debian's; file: and copy: need no network.")
@click.option("--package", multiple=True, help="A further Debian package, such as libgl1.")
@click.option(
    "--architecture",
    type=click.Choice([each.value for each in Architecture]),
    default=Architecture.X86_64.value,
    show_default=True,
    help="The processor.",
)
@json_option
def debian(
    output: Path, suite: str, mirror: tuple[str, ...], package: tuple[str, ...], architecture: str, as_json: bool
) -> None:
    """Make a base image of Debian packages with mmdebstrap: Python and what wheels load, no shell."""
    from mlfn_cli.progress import reporter
    from mlfn_engine.base_images.debian import DebianBase, make_debian_base

    wanted = DebianBase(suite=suite, mirrors=mirror, packages=package, architecture=Architecture(architecture))
    with reporter() as progress:
        digest = make_debian_base(wanted, output.resolve(), progress)
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    if as_json:
        print_json({"path": output.resolve(), "digest": digest, "size_bytes": size})
        return
    tell(f"{output}/ holds Debian {suite}, {size / 1e6:.1f} MB: {digest}", done=True)
    tell(f'Name it under [tool.mlfn] in pyproject.toml: base = "oci:{output}"')
