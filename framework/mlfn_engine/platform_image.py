"""The image of the platform's own functions: all of them are handlers of one image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlfn
import mlfn_audit
from mlfn_engine.cache import FileDigests, cache_dir
from mlfn_engine.canonical import canonical
from mlfn_engine.dependencies.requirements import lock, own_version
from mlfn_engine.images.plan_digest import MANIFEST_PATH, identified
from mlfn_engine.images.values import FilesLayer, ImagePlan, PlannedFile, RequirementsLayer
from mlfn_engine.languages.package_layer import RUNTIME, base_bytecode, compiles_for, package_layer
from mlfn_engine.languages.python import REQUIREMENTS, START, TASK

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, Platform

APP, KEY = "mlfn", "platform"
"""Names in the image's tag; no app is called `mlfn`."""
NEEDS = ("aws-lambda-powertools", "boto3", "cryptography")
_SERVICES = ("cloudformation", "cloudwatch", "dynamodb", "iam", "kms", "lambda", "logs", "s3", "sts")
OMITTED = rf"botocore/data/(?!({'|'.join(_SERVICES)})/)[^/]+/|boto3/(data|examples)/|pydantic_core"
"""Three quarters of the files: boto3's knowledge of services that are not asked, and what validates models' inputs."""


def plan_platform_image(platform: Platform, *, base: BaseImage | None = None, cache: Path | None = None) -> ImagePlan:
    """The platform functions' image, the same for every app of a stage: with the libraries that mlfn runs with.

    Raises:
        DependencyError: they cannot be resolved for the platform.
    """
    directory = cache or cache_dir()
    directory.mkdir(parents=True, exist_ok=True)
    requirements = tuple(f"{name}=={own_version(name)}" for name in NEEDS)
    # The project's own settings do not count: its neighbours in the stage would have others.
    locked = lock(requirements, platform, directory, cache=directory)
    manifest = {"manifest": 1, "kind": "platform", "app": APP, "name": KEY, "id": f"{APP}.{KEY}"}
    draft = ImagePlan(
        function=KEY,
        platform=platform,
        layers=(
            *base_bytecode(base),
            RequirementsLayer(name="requirements", lock=locked, prefix=REQUIREMENTS, omit=OMITTED),
            package_layer((mlfn, mlfn_audit), platform, directory),
            FilesLayer(name="code", files=(PlannedFile(path=MANIFEST_PATH, source=canonical(manifest).encode()),)),
        ),
        environment=(("PYTHONPATH", f"/{TASK}:/{REQUIREMENTS}:/{RUNTIME}"),),
        command=(base.interpreter if base else f"python{platform.python}", "-S", "-c", START),
        working_dir=f"/{TASK}",
        labels=(
            ("dev.mlfn.app", APP),
            ("dev.mlfn.bytecode", platform.python if compiles_for(platform) else "none"),
            ("dev.mlfn.model", KEY),
            *((("org.opencontainers.image.base.digest", base.digest),) if base else ()),
            ("org.opencontainers.image.base.name", base.reference if base else str(platform.base)),
        ),
        version="",
        digest="",
        base=base,
    )
    return identified(draft, FileDigests(directory))
