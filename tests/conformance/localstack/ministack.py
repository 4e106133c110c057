"""A MiniStack that checks signatures and policies, an administrator's role in it, and `mlfn` as whoever calls."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.conformance.fetch import MINISTACK
from tests.fixtures.command_line import Outcome, run_here

REGION = "us-east-1"
ROOT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
"""MiniStack's root user, whose signature it does not check."""
LIMIT_S = 60

Keys = Mapping[str, str]
"""Variables that say who calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniStack:
    url: str

    def client(self, service: str, keys: Keys = ROOT) -> Any:
        """A boto3 client with somebody's keys."""
        session: Any = boto3.session.Session(
            keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], keys.get("AWS_SESSION_TOKEN"), REGION
        )
        return session.client(service, endpoint_url=self.url)

    def user(self, name: str, *statements: Mapping[str, object]) -> Keys:
        """A new user's keys: it may do what the statements say."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=_policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def administrator(self) -> Keys:
        """The keys of a role that may do anything, taken on by a user who may do nothing else."""
        may_all = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        account = self.client("sts").get_caller_identity()["Account"]
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:user/operator"},
            "Action": "sts:AssumeRole",
        }
        iam = self.client("iam")
        role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="deployer", PolicyName="all", PolicyDocument=_policy(may_all))
        operator = self.user("operator", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
        taken = self.client("sts", operator).assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
            "AWS_SESSION_TOKEN": taken["SessionToken"],
        }

    def stacks(self) -> list[str]:
        """The names of the stacks that are there."""
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        return sorted(each["StackName"] for each in found if "DELETE" not in each["StackStatus"])

    def variables(self, keys: Keys) -> dict[str, str]:
        """What somebody with these keys has in the environment."""
        return {**without_aws(), **keys, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.url}

    def mlfn(self, project: Path, keys: Keys, *arguments: str) -> Outcome:
        """A command line of somebody with these keys."""
        return run_here(arguments, project, {**self.variables(keys), "MLFN_TARGET": "localstack"})


@contextmanager
def ministack(folder: Path) -> Iterator[MiniStack]:
    """A MiniStack of its own, in memory."""
    if not MINISTACK.exists():
        if os.environ.get("CI"):
            pytest.fail("MiniStack is not there: python -m tests.conformance.fetch ministack")
        pytest.skip("MiniStack is not there: python -m tests.conformance.fetch ministack")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    own = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TMPDIR": str(folder), "AWS_ENDPOINT_URL": url}
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [str(MINISTACK)],
            env={**without_aws(), **own, "AUTH": "true"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        await_answer(f"{url}/_localstack/health", process)
        yield MiniStack(url=url)
    finally:
        process.terminate()
        process.wait(LIMIT_S)


def await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - loopback
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail("MiniStack does not answer.")


def without_aws() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLFN_", "LOCALSTACK_"))}


def _policy(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
