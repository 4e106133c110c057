"""`mlfn attest`: what is in the images, how they were made, and a signature."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlfn_cli.output import console, json_option, print_json, tell
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.provenance.signing import Signer


@click.command()
@click.option(
    "--sign-key", help="Sign the images: an Ed25519 private key (PEM file), or a KMS key (awskms:///alias/NAME)."
)
@json_option
@command_options
def attest(session: Session, sign_key: str | None, as_json: bool) -> None:
    """Build the images (the platform's, too) and write SBOM (CycloneDX), provenance (SLSA), signature (cosign)."""
    from mlfn_cli.deploying.compose import base_for, graph_of, image_plans, platform_blueprint
    from mlfn_cli.progress import reporter
    from mlfn_engine.builders.packages import default_builder
    from mlfn_engine.execute import build_images
    from mlfn_engine.projects.package_settings import read_settings

    graph = graph_of(session)
    with reporter() as progress:
        plans = (*image_plans(graph, base_for(session), progress), platform_blueprint(session, graph).image)
        images = build_images(plans, default_builder(), progress)
    signer = _signer(session, sign_key) if sign_key else None
    directory = graph.root / read_settings(graph.root).attestations
    directory.mkdir(parents=True, exist_ok=True)
    written = {
        plan.function: _attested(plan, image, graph.root, directory, signer)
        for plan, image in zip(plans, images, strict=True)
    }
    if as_json:
        print_json(written)
        return
    for function, paths in written.items():
        names = ", ".join(path.name for path in paths)
        console().print(f"[green]✓[/] {function}: {names}")
    tell(f"Written to {directory}/.")


def _attested(
    plan: ImagePlan, image: ImageArtifact, root: Path, directory: Path, signer: Signer | None
) -> tuple[Path, ...]:
    from mlfn_engine.cache import cache_dir
    from mlfn_engine.provenance.sbom import bill_of_materials
    from mlfn_engine.provenance.signature_files import write_signature
    from mlfn_engine.provenance.signing import sign
    from mlfn_engine.provenance.statement import provenance

    sbom, statement = directory / f"{plan.function}.cdx.json", directory / f"{plan.function}.provenance.json"
    sbom.write_text(bill_of_materials(plan, image, cache_dir()), encoding="utf-8")
    statement.write_text(provenance(plan, image, root, cache_dir()), encoding="utf-8")
    if signer is None:
        return sbom, statement
    return sbom, statement, *write_signature(directory, image.digest, sign(image.digest, signer))


def _signer(session: Session, name: str) -> Signer:
    from mlfn_engine.provenance.signing import PrivateKeyFile
    from mlfn_engine.provenance.vouched import KMS_SCHEME

    if not name.startswith(KMS_SCHEME):
        return PrivateKeyFile(Path(name))
    from mlfn_deployers.aws.kms_keys import kms_key

    return kms_key(name, session.target())
