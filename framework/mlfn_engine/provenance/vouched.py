"""A builder that lets out only images which somebody trusted has signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.projects.package_settings import read_settings
from mlfn_engine.values import Base, PackageType

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_engine.deployer import Builder
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.provenance.signing import TrustedKey
    from mlfn_engine.reporting import Reporter

KMS_SCHEME = "awskms://"
"""As cosign names keys in AWS KMS: https://docs.sigstore.dev/cosign/key_management/overview/"""


@dataclass(frozen=True, slots=True)
class VouchedBuilder:
    """Asks for a signature, by one of `keys` and kept in `directory`, of everything for Lambda that another makes."""

    builder: Builder
    keys: tuple[TrustedKey, ...]
    directory: Path

    def build(self, plan: ImagePlan, reporter: Reporter) -> ImageArtifact:
        """The image of a plan, its signature beside it.

        Raises:
            BuildError: it cannot be built, or nobody trusted vouches for it.
        """
        image = self.builder.build(plan, reporter)
        if plan.platform.base is not Base.HOST:
            self._check(image)
            reporter.report(image.function, "is signed by a trusted key")
        return image

    def _check(self, image: ImageArtifact) -> None:
        from mlfn_engine.provenance.signature_files import attach, read_signature  # noqa: PLC0415  cryptography
        from mlfn_engine.provenance.signing import is_signed  # noqa: PLC0415  takes a moment to import

        signature = read_signature(self.directory, image.digest)
        if signature is None or not is_signed(image.digest, signature, self.keys):
            what = "is not signed" if signature is None else "is signed by nobody that trusted-keys names"
            raise BuildError(
                f"The {image.package} of {image.function!r}, {image.digest}, {what}.",
                hint=f"Have it signed by who holds a trusted key: mlfn attest --sign-key KEY, and bring "
                f"{self.directory.name}/ here.",
            )
        if image.package is PackageType.IMAGE:
            attach(image.location, signature)


def vouched(builder: Builder, root: Path, kms: Callable[[str], TrustedKey]) -> Builder:
    """The builder for deploys of the project at `root`: it asks for signatures where trusted-keys names keys.

    Keys are PEM files, and those of KMS (`awskms:///alias/…`), which `kms` finds.
    """
    settings = read_settings(root)
    if not settings.trusted_keys:
        return builder
    from mlfn_engine.provenance.signing import PublicKeyFile  # noqa: PLC0415  cryptography takes a moment to import

    keys = (kms(name) if name.startswith(KMS_SCHEME) else PublicKeyFile(root / name) for name in settings.trusted_keys)
    return VouchedBuilder(builder, tuple(keys), root / settings.attestations)
