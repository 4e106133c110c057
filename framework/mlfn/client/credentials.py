"""Whose credentials sign a call: the environment's, a profile's, a container's; renewed before they expire."""

from __future__ import annotations

import json
import shlex
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from mlfn.errors import TargetError
from mlfn.runtime.sigv4 import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn.client.profile import Profile

RENEW_BEFORE_S = 300
_TIMEOUT_S = 5.0
_CONTAINER = "http://169.254.170.2"
"""https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html"""
_SIGN_IN = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Credentials and when they end (seconds since 1970), if they do."""

    credentials: Credentials
    expires_at: float | None = None


Source = Callable[[], Issued]
AssumeRole = Callable[[Credentials, "Profile"], Issued]
"""The credentials of a profile's role, with those of its source."""


class Wallet:
    """The current credentials of a source."""

    def __init__(self, source: Source, clock: Callable[[], float] = time) -> None:
        self._source = source
        self._clock = clock
        self._issued: Issued | None = None

    def current(self) -> Credentials:
        """Credentials that are good for some minutes yet."""
        issued = self._issued
        if issued is None or (issued.expires_at is not None and self._clock() > issued.expires_at - RENEW_BEFORE_S):
            issued = self._issued = self._source()
        return issued.credentials


def source_of(profile: Profile, *, named: bool, assume_role: AssumeRole) -> Source:
    """Where credentials come from: the environment unless a profile is `named`, then the profile, then a container.

    Raises:
        TargetError: nowhere.
    """
    environ = profile.environ
    if not named and environ.get("AWS_ACCESS_KEY_ID"):
        return lambda: Issued(credentials=Credentials.from_environ(environ))
    found = _profile_source(profile, assume_role, seen=())
    if found is None and (environ.get(_RELATIVE) or environ.get(_FULL)):
        return lambda: _container(environ)
    if found is None:
        raise TargetError("There are no AWS credentials to sign with.", hint=_SIGN_IN)
    return found


def _profile_source(profile: Profile, assume_role: AssumeRole, seen: tuple[str, ...]) -> Source | None:
    if profile.get("role_arn") and profile.get("source_profile"):
        return _role_source(profile, assume_role, seen)
    key, secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
    if key and secret:
        fixed = Issued(credentials=Credentials(key, secret, profile.get("aws_session_token")))
        return lambda: fixed
    if command := profile.get("credential_process"):
        return lambda: _process(command)
    if profile.get("sso_session") or profile.get("sso_start_url"):
        raise TargetError(
            f"The profile {profile.name!r} signs in with SSO, which this client does not speak.",
            hint=f"Run: eval $(aws configure export-credentials --profile {profile.name} --format env)",
        )
    return None


def _role_source(profile: Profile, assume_role: AssumeRole, seen: tuple[str, ...]) -> Source:
    from mlfn.client.profile import read_profile  # noqa: PLC0415 - the profile of a profile

    source_name = profile.settings["source_profile"]
    if profile.name in seen:
        raise TargetError(f"The profile {profile.name!r} is its own source.", hint="Mend source_profile.")
    if source_name == profile.name:
        plain = {name: value for name, value in profile.settings.items() if name != "role_arn"}
        source_profile = type(profile)(name=profile.name, settings=plain, environ=profile.environ)
        inner = _profile_source(source_profile, assume_role, seen)
    else:
        inner = _profile_source(read_profile(source_name, profile.environ), assume_role, (*seen, profile.name))
    if inner is None:
        raise TargetError(f"The profile {source_name!r} has no credentials.", hint="Mend source_profile.")
    source = inner
    return lambda: assume_role(source().credentials, profile)


def _process(command: str) -> Issued:
    """What a `credential_process` prints."""
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, check=True, timeout=60)
        return _document(json.loads(done.stdout), "SessionToken")
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        raise TargetError(f"The profile's credential_process failed: {error}.", hint=f"Run it: {command}") from error


_RELATIVE, _FULL = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"


def _container(environ: Mapping[str, str]) -> Issued:
    """What ECS, EKS or CodeBuild answers to what runs in a container."""
    relative = environ.get(_RELATIVE)
    url = f"{_CONTAINER}{relative}" if relative else environ[_FULL]
    headers = {"Authorization": token} if (token := _container_token(environ)) else {}
    try:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url} is no address")
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 -- the scheme is checked above
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 -- as above
            return _document(json.loads(answer.read(100_000)), "Token")
    except (OSError, ValueError, KeyError) as error:
        raise TargetError(f"The container's credentials cannot be read: {error}.", hint=_SIGN_IN) from error


def _container_token(environ: Mapping[str, str]) -> str:
    if file := environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")


def _document(told: dict[str, Any], token: str) -> Issued:
    credentials = Credentials(told["AccessKeyId"], told["SecretAccessKey"], told.get(token))
    return Issued(credentials=credentials, expires_at=moment(told["Expiration"]) if told.get("Expiration") else None)


def moment(text: str) -> float:
    """Seconds since 1970 of a time as AWS writes it."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
