"""What every command knows: the stage, the target and the project."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlfn.errors import EmulatorError, TargetError, UsageError
from mlfn_engine.values import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.projects.stages import StageSettings

DEFAULT_PORT = 4566
port_option = click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Loopback port of the emulator; 0: one that is free.",
)
DEFAULT_STAGE = "dev"
DEFAULT_TARGET = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The global options of one command line."""

    stage: str
    target_name: str
    project: Path

    @property
    def state_dir(self) -> Path:
        """The emulator's directory: in the nearest `.mlfn/` upwards within the repository, else in the project."""
        for folder in (self.project, *self.project.parents):
            if (folder / ".mlfn").is_dir():
                return folder / ".mlfn" / "emulator"
            if (folder / ".git").exists():
                break  # a .mlfn/ outside, such as one left in /tmp, is somebody else's
        return self.project / ".mlfn" / "emulator"

    @property
    def only_archives(self) -> bool:
        """Where the target is, no function starts from an image."""
        if self.target_name != "localstack":
            return False
        from mlfn_cli.localstack_target import endpoint_url, judged
        from mlfn_deployers.localstack.capabilities import IMAGES, lacks

        return lacks(judged(endpoint_url()), IMAGES)

    def settings(self) -> StageSettings:
        """What the project says of the stage.

        Raises:
            DiscoveryError: it says something that cannot be.
            UsageError: it names stages, and for AWS this one is none of them.
        """
        from mlfn_engine.projects.stages import StageSettings, read_stages

        stages = read_stages(self.project)
        if self.target_name == "aws" and stages and self.stage not in stages:
            raise UsageError(
                f"The project has no stage {self.stage!r}: it names {', '.join(sorted(stages))}.",
                hint=f"Use --stage {min(stages)}, or write [tool.mlfn.stages.{self.stage}] in pyproject.toml.",
            )
        return stages.get(self.stage) or StageSettings()

    def target(self) -> Target:
        """The target by its name.

        Raises:
            UsageError: there is no such target, or the credentials are of another account than the stage's.
            EmulatorError: the target is the emulator, and it is not running.
        """
        match self.target_name:
            case "local":
                return local_target(self.state_dir)
            case "localstack":
                from mlfn_cli.localstack_target import localstack_target

                return localstack_target(self.settings().region)
            case "aws":
                return stage_target(self.stage, self.settings())
            case "knative":
                raise UsageError(
                    "This command does not know the target knative.",
                    hint="check, plan, render, deploy, rollback, promote and destroy do; else use kubectl.",
                )
            case other:
                raise UsageError(
                    f"There is no target {other!r}.", hint="Use --target local, aws, localstack or knative."
                )


def not_deployed(app: str, stage: str, target_name: str) -> TargetError:
    """That an app is not there, with the command that puts it where somebody looked."""
    options = f" --stage {stage}" if stage != DEFAULT_STAGE else ""
    options += f" --target {target_name}" if target_name != DEFAULT_TARGET else ""
    return TargetError(
        f"{app} is not deployed to {target_name} (stage {stage}).", hint=f"Deploy it with: mlfn deploy{options}"
    )


def local_target(state_dir: Path) -> Target:
    """The embedded emulator that was started for this project."""
    from mlfn_localstack import process

    keys = process.read_credentials(state_dir)
    if keys is None or process.status(state_dir) is None:
        raise EmulatorError("The emulator is not running.", hint="Start it with: mlfn emulator start")
    own = Target(
        name="local",
        deployer="aws",
        region=keys.region,
        account_id=keys.account_id,
        profile=None,
        endpoint_url=keys.endpoint,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
    )
    return _as_environment_says(own)


def _as_environment_says(target: Target) -> Target:
    """With the keys that the environment has for this endpoint and no other: those of another user of the emulator."""
    access_key, secret_key = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if os.environ.get("AWS_ENDPOINT_URL") != target.endpoint_url or not access_key or not secret_key:
        return target
    token = os.environ.get("AWS_SESSION_TOKEN")
    return replace(target, access_key=access_key, secret_key=secret_key, session_token=token)


def stage_target(stage: str, settings: StageSettings) -> Target:
    """Where a stage belongs.

    Raises:
        UsageError: the credentials are of another account.
        TargetError: AWS does not accept them, or does not answer.
    """
    target = replace(aws_target(settings.profile, settings.region), role=settings.role, account_id=settings.account)
    if settings.account is None:
        return target
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated

    with translated(target):
        actual = Clients(target).sts.get_caller_identity()["Account"]
    if actual != settings.account:
        raise UsageError(
            f"Stage {stage!r} belongs to account {settings.account}, and these credentials to {actual}.",
            hint="Sign in to that account, or set profile or role under "
            f"[tool.mlfn.stages.{stage}] in pyproject.toml. Nothing was changed.",
        )
    return target


def aws_target(profile: str | None = None, region: str | None = None) -> Target:
    """The account and region that a stage names, else those of the AWS environment variables and profile."""
    import boto3
    from botocore.exceptions import ProfileNotFound

    profile = profile or os.environ.get("AWS_PROFILE")
    try:
        found = boto3.Session(profile_name=profile).region_name  # of AWS_DEFAULT_REGION, or the profile
        region = region or os.environ.get("AWS_REGION") or found
    except ProfileNotFound as error:
        raise UsageError(f"There is no AWS profile {profile!r}.", hint="Set AWS_PROFILE to one of yours.") from error
    if not region:
        raise UsageError("No AWS region is set.", hint="Set AWS_REGION, or a region in your AWS profile.")
    return Target(name="aws", deployer="aws", region=region, account_id=None, profile=profile, endpoint_url=None)


def command_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the session, and `--stage`, `--target`, `--project` of its own that win over the global ones."""

    @click.option("--stage", default=None, help="Which copy of the app.")
    @click.option("--target", default=None, help="Where: local, aws, localstack or knative.")
    @click.option(
        "-C", "--project", default=None, type=click.Path(path_type=Path, file_okay=False, exists=True), hidden=True
    )
    @functools.wraps(function)
    def wrapper(*, stage: str | None, target: str | None, project: Path | None, **options: Any) -> None:
        session: Session = click.get_current_context().obj
        session = replace(
            session,
            stage=stage or session.stage,
            target_name=target or session.target_name,
            project=project.resolve() if project else session.project,
        )
        function(session, **options)

    return wrapper
