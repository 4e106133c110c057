"""Where the client's credentials, region and endpoint come from."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mlfn.client.credentials import Issued, Wallet, source_of
from mlfn.client.profile import Profile, read_profile
from mlfn.client.sending import Sender, region_of
from mlfn.errors import TargetError
from mlfn.runtime.sigv4 import Credentials

Files = Callable[..., dict[str, str]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """An environment whose AWS files hold this."""

    def write(config: str = "", credentials: str = "", **more: str) -> dict[str, str]:
        (tmp_path / ".aws").mkdir(exist_ok=True)
        (tmp_path / ".aws" / "config").write_text(config)
        (tmp_path / ".aws" / "credentials").write_text(credentials)
        return {"HOME": str(tmp_path), **more}

    return write


def no_role(credentials: Credentials, profile: Profile) -> Issued:
    raise AssertionError("no role is to be assumed")


def found(environ: dict[str, str], profile: str | None = None) -> tuple[str, str, str | None]:
    settings = read_profile(profile, environ)
    issued = source_of(settings, named=profile is not None, assume_role=no_role)()
    return issued.credentials.access_key, issued.credentials.secret_key, issued.credentials.token


KEYS = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "senv", "AWS_SESSION_TOKEN": "tenv"}
FILE = """
[default]
aws_access_key_id = AKDEF
aws_secret_access_key = sdef
[ops]
aws_access_key_id = AKOPS
aws_secret_access_key = sops
aws_session_token = tops
"""


def test_the_environments_keys_come_first(files: Files) -> None:
    assert found(files(credentials=FILE, **KEYS)) == ("AKENV", "senv", "tenv")


def test_a_profile_that_is_asked_for_comes_before_the_environment(files: Files) -> None:
    assert found(files(credentials=FILE, **KEYS), "ops") == ("AKOPS", "sops", "tops")


def test_the_default_profile_is_used_when_nothing_is_said(files: Files) -> None:
    assert found(files(credentials=FILE)) == ("AKDEF", "sdef", None)
    assert found(files(credentials=FILE, AWS_PROFILE="ops")) == ("AKOPS", "sops", "tops")


def test_a_profile_that_is_not_there_is_told(files: Files) -> None:
    with pytest.raises(TargetError, match="There is no AWS profile 'absent'"):
        read_profile("absent", files(credentials=FILE))


def test_a_damaged_file_is_told(files: Files) -> None:
    with pytest.raises(TargetError, match="config cannot be read"):
        read_profile(None, files(config="no section"))


def test_no_credentials_anywhere_is_an_error(files: Files) -> None:
    with pytest.raises(TargetError, match="There are no AWS credentials"):
        found(files())


def test_a_profile_of_sso_says_what_to_do(files: Files) -> None:
    with pytest.raises(TargetError, match="SSO") as caught:
        found(files(config="[profile dev]\nsso_session = x\n"), "dev")

    assert "aws configure export-credentials --profile dev" in caught.value.hint


def test_a_process_prints_credentials(files: Files, tmp_path: Path) -> None:
    told = {"Version": 1, "AccessKeyId": "AKPROC", "SecretAccessKey": "sproc", "Expiration": "2999-01-01T00:00:00Z"}
    (tmp_path / "print.py").write_text(f"print({json.dumps(json.dumps(told))})")

    environ = files(config=f"[profile dev]\ncredential_process = {sys.executable} {tmp_path}/print.py\n")

    assert found(environ, "dev") == ("AKPROC", "sproc", None)


@pytest.mark.parametrize("command", ["false", "/nonexistent/program", "echo nonsense", "echo {}"])
def test_a_process_that_fails_is_told(files: Files, command: str) -> None:
    with pytest.raises(TargetError, match="credential_process failed"):
        found(files(config=f"[profile dev]\ncredential_process = {command}\n"), "dev")


def test_a_role_is_assumed_with_its_sources_credentials(files: Files) -> None:
    environ = files(
        config="[profile dev]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = ops\nregion = eu-west-1\n",
        credentials=FILE,
    )
    seen: list[tuple[str, str]] = []

    def assume(credentials: Credentials, profile: Profile) -> Issued:
        seen.append((credentials.access_key, profile.settings["role_arn"]))
        return Issued(credentials=Credentials("AKROLE", "srole", "trole"))

    issued = source_of(read_profile("dev", environ), named=True, assume_role=assume)()

    assert issued.credentials.access_key == "AKROLE"
    assert seen == [("AKOPS", "arn:aws:iam::1:role/R")]


def test_a_role_that_is_its_own_source_is_told(files: Files) -> None:
    config = (
        "[profile a]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = b\n"
        "[profile b]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = a\n"
    )

    with pytest.raises(TargetError, match="its own source"):
        source_of(read_profile("a", files(config=config)), named=True, assume_role=no_role)


@pytest.fixture
def container() -> Iterator[str]:
    """An endpoint that answers who knows the token."""
    told = {"AccessKeyId": "AKTASK", "SecretAccessKey": "stask", "Token": "ttask", "Expiration": "2999-01-01T00:00:00Z"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.headers.get("Authorization") == "pass" else 401)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/task"
        server.shutdown()


def test_a_containers_role_is_used_where_there_is_nothing_else(files: Files, container: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("pass\n")
    url = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": container}

    assert found(files(**url, AWS_CONTAINER_AUTHORIZATION_TOKEN="pass")) == ("AKTASK", "stask", "ttask")
    file = str(tmp_path / "token")
    assert found(files(**url, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=file)) == ("AKTASK", "stask", "ttask")
    with pytest.raises(TargetError, match="container's credentials cannot be read"):
        found(files(**url))


def test_credentials_are_renewed_before_they_end() -> None:
    now, given = [0.0], []

    def source() -> Issued:
        given.append(now[0])
        return Issued(credentials=Credentials(f"AK{len(given)}", "s"), expires_at=now[0] + 3600)

    wallet = Wallet(source, lambda: now[0])
    used = []
    for moment in (0.0, 3299.0, 3301.0):
        now[0] = moment
        used.append(wallet.current().access_key)

    assert used == ["AK1", "AK1", "AK2"]


def test_the_region_is_the_environments_or_the_profiles(files: Files) -> None:
    environ = files(config="[default]\nregion = eu-west-1\n")

    assert region_of(read_profile(None, environ)) == "eu-west-1"
    assert region_of(read_profile(None, environ | {"AWS_DEFAULT_REGION": "us-east-2"})) == "us-east-2"
    assert region_of(read_profile(None, environ | {"AWS_REGION": "us-west-1"})) == "us-west-1"
    with pytest.raises(TargetError, match="No AWS region is set"):
        region_of(read_profile(None, files()))


def test_an_endpoint_is_the_environments_the_profiles_or_awss(files: Files) -> None:
    config = "[default]\nendpoint_url = http://127.0.0.1:1\n"
    wallet = Wallet(lambda: Issued(credentials=Credentials("a", "b")))

    def endpoint(environ: dict[str, str], region: str = "eu-west-1") -> str:
        return Sender(read_profile(None, environ), wallet, region).endpoint("lambda")

    assert endpoint(files(config=config, AWS_ENDPOINT_URL="http://127.0.0.1:2")) == "http://127.0.0.1:2"
    assert endpoint(files(config=config)) == "http://127.0.0.1:1"
    assert endpoint(files()) == "https://lambda.eu-west-1.amazonaws.com"
    assert endpoint(files(), "cn-north-1") == "https://lambda.cn-north-1.amazonaws.com.cn"
