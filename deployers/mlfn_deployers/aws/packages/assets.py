"""Weights in the stage's data bucket, under their digest: what models name in `assets=`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boto3.s3.transfer import TransferConfig

from mlfn.errors import UsageError
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.api.pace import poll_s
from mlfn_deployers.aws.packages.archives import has_object
from mlfn_deployers.aws.stacks.change_sets import Stacks
from mlfn_engine.cache import hash_file

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Target

PREFIX = "assets/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_PARTS = TransferConfig(multipart_threshold=32 << 20, multipart_chunksize=32 << 20)
"""Up to 320 GB: S3 takes 10,000 parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedAsset:
    """A file in the data bucket."""

    asset: str
    """What a model writes in `assets=`."""
    size_bytes: int
    uploaded_bytes: int
    """Nothing where the bucket had it."""


def upload_asset(path: Path, stage: str, target: Target, reporter: Reporter) -> UploadedAsset:
    """Bring a file into a stage's data bucket, unless it is there.

    Raises:
        UsageError: the stage has no bucket yet, or the file's name cannot be part of a declaration.
        TargetError: S3 refuses.
    """
    if not _NAME.fullmatch(path.name):
        raise UsageError(
            f"The file name {path.name!r} cannot stand in assets=.",
            hint="Rename the file: letters, digits, dots, dashes and underscores.",
        )
    size, digest = path.stat().st_size, hash_file(path)
    if size == 0:
        raise UsageError(f"{path} is empty.", hint="Name the file with the weights.")
    clients = Clients(target)
    key = f"{PREFIX}{digest}/{path.name}"
    with translated(target):
        bucket = _bucket(clients, stage, target)
        is_there = has_object(clients.s3, bucket, key, size)
        if not is_there:
            _send(clients, path, (bucket, key), reporter)
    reporter.report(path.name, "the bucket has it")
    asset = f"s3://{bucket}/{key}#sha256={digest}&bytes={size}"
    return UploadedAsset(asset=asset, size_bytes=size, uploaded_bytes=0 if is_there else size)


def _send(clients: Clients, path: Path, where: tuple[str, str], reporter: Reporter) -> None:
    sent, total = 0, path.stat().st_size

    def progress(count: int) -> None:
        nonlocal sent
        sent += count
        reporter.report(path.name, "uploading", done=sent, total=total)

    options = {"ChecksumAlgorithm": "SHA256"}
    clients.s3.upload_file(str(path), *where, ExtraArgs=options, Callback=progress, Config=_PARTS)


def _bucket(clients: Clients, stage: str, target: Target) -> str:
    outputs = Stacks(clients.cloudformation, clients.s3, poll_s=poll_s(target)).outputs(f"mlfn-base-{stage}")
    if "DataBucket" not in outputs:
        raise UsageError(
            f"The stage {stage!r} has no data bucket yet.",
            hint="The first mlfn deploy of an app in the stage makes it.",
        )
    return outputs["DataBucket"]
