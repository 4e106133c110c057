"""Versions and traffic of an app's functions, straight from Lambda: broken stacks and missing images do not matter."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.releases import release_log, traffic
from mlfn_deployers.aws.releases.lost import asks_in_vain
from mlfn_engine.declarations.naming import INGRESS_KEY, audit_table
from mlfn_engine.releases.history import UNSAID, Basis, FunctionVersions, Move, Shift, ShiftKind, Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef

    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Target

PARALLEL = 8


class AwsReleases:
    """The releases of one target."""

    def __init__(self, target: Target, reporter: Reporter, clients: Clients | None = None) -> None:
        self._target = target
        self._reporter = reporter
        self.clients = clients or Clients(target)

    def versions(self, app: str, stage: str) -> tuple[FunctionVersions, ...]:
        """Every function of the app, by key."""
        with translated(self._target), ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            keys = sorted(self._keys(app, stage))
            return tuple(pool.map(lambda key: self._versions(f"{app}-{stage}-{key}", key), keys))

    def history(self, app: str, stage: str) -> tuple[Shift, ...]:
        """The release log, newest first; empty, with a word to the reporter, while the table does not answer."""
        try:
            return release_log.newest(self.clients.dynamodb, audit_table(stage), app)
        except (ClientError, BotoCoreError) as error:
            self._reporter.report(app, f"the release log cannot be read ({error}); versions are taken by number")
            return ()

    def shift(self, app: str, stage: str, kind: ShiftKind, moves: tuple[Move, ...], basis: Basis = UNSAID) -> Shift:
        """Make these moves and log them; a log that does not answer holds no rollback up, but is told.

        Raises:
            DeployError: a version is gone, or somebody else moved an alias meanwhile.
        """
        with translated(self._target):
            for move in moves:
                name = f"{app}-{stage}-{move.function}"
                traffic.move(self.clients.functions, name, move.to, held_below=self._held_below(name, move.to))
                self._reporter.report(move.function, f"answers with version {move.to}")
        return self.log(app, stage, kind, moves, basis)

    def asks_in_vain(self, app: str, stage: str, moves: tuple[Move, ...]) -> Move | None:
        """The move to a version whose pipelines ask people, which a deploy since has taken the means of away."""
        with translated(self._target):
            return asks_in_vain(self.clients.functions, app, stage, moves)

    def log(self, app: str, stage: str, kind: ShiftKind, moves: tuple[Move, ...], basis: Basis) -> Shift:
        """Append to the release log what has been done."""
        at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        shift = Shift(
            at=at,
            kind=kind,
            by=self._caller(),
            revision=basis.revision,
            moves=moves,
            reason=basis.reason,
            approved=basis.approved,
        )
        try:
            release_log.append(self.clients.dynamodb, audit_table(stage), app, shift)
        except (ClientError, BotoCoreError) as error:
            self._reporter.report(app, f"done, but the release log did not take the entry: {error}")
        return shift

    def _caller(self) -> str:
        try:
            return str(self.clients.sts.get_caller_identity()["Arn"])
        except (ClientError, BotoCoreError):
            return "unknown"

    def _keys(self, app: str, stage: str) -> Iterator[str]:
        prefix = f"{app}-{stage}-"
        for page in self.clients.functions.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                key = function["FunctionName"].removeprefix(prefix)
                if function["FunctionName"].startswith(prefix) and (key.isidentifier() or key == INGRESS_KEY):
                    yield key

    def _versions(self, name: str, key: str) -> FunctionVersions:
        answering = traffic.current(self.clients.functions, name)
        return FunctionVersions(
            function=key,
            versions=tuple(sorted(self._published(name), key=lambda version: version.number)),
            answering=answering.version if answering else None,
            held_below=answering.held_below if answering else None,
            canary=answering.canary if answering else None,
            percent=answering.percent if answering else 0,
        )

    def _published(self, name: str) -> Iterator[Version]:
        for page in self.clients.functions.get_paginator("list_versions_by_function").paginate(FunctionName=name):
            yield from (_version(found) for found in page["Versions"] if found["Version"].isdigit())

    def _held_below(self, name: str, number: str) -> str | None:
        newest = max((version.number for version in self._published(name)), default=int(number))
        return str(newest) if newest > int(number) else None


def _version(found: FunctionConfigurationTypeDef) -> Version:
    return Version(
        number=int(found["Version"]),
        image=found.get("Description", ""),
        digest=hex_digest(found.get("CodeSha256", "")),
        published_at=found["LastModified"],
    )


def hex_digest(digest: str) -> str:
    """Lambda gives an image's digest in hex, an archive's in base64."""
    return digest if len(digest) == 64 else base64.b64decode(digest).hex()
