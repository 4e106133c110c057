"""A password of the registry lets its bearer do what policies let them do with ECR's own operations."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.iam.test_further_rights import allowing
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BLOB = b"a layer"
DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"
CONFIG = f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
MANIFEST = json.dumps(
    {"schemaVersion": 2, "config": {"digest": CONFIG, "size": 2}, "layers": [{"digest": DIGEST, "size": len(BLOB)}]}
).encode()
OPEN = {"Action": "ecr:GetAuthorizationToken", "Resource": "*"}
PULL = {
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    "Resource": "arn:aws:ecr:*:*:repository/rights/read",
}
ALL = {"Action": "ecr:*", "Resource": "*"}
READ, OTHER = "rights/read", "rights/other"


@dataclass
class Bearer:
    """Somebody with a password."""

    emulator: LiveEmulator
    keys: dict[str, str]

    def asks(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        ecr = self.emulator.client("ecr", **self.keys)
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        connection = http.client.HTTPConnection(self.emulator.endpoint.removeprefix("http://"))
        connection.request(method, f"/v2/{path}", body, {"Authorization": f"Basic {token}"})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def push(self, repository: str) -> list[int]:
        blobs = ((DIGEST, BLOB), (CONFIG, b"{}"))
        asked = [self.asks("POST", f"{repository}/blobs/uploads/?digest={digest}", blob) for digest, blob in blobs]
        return [status for status, _ in (*asked, self.asks("PUT", f"{repository}/manifests/v1", MANIFEST))]


def user(emulator: LiveEmulator, *statements: dict[str, Any]) -> Bearer:
    iam = emulator.client("iam")
    made = new_user(iam, "registry")
    iam.put_user_policy(UserName=made.name, PolicyName="p", PolicyDocument=allowing(*statements))
    return Bearer(emulator=emulator, keys=made.keys)


@pytest.fixture(scope="module", autouse=True)
def images(emulator: LiveEmulator) -> None:
    """One image in each of two repositories."""
    for name in (READ, OTHER):
        emulator.client("ecr").create_repository(repositoryName=name)
        assert Bearer(emulator=emulator, keys={}).push(name) == [201, 201, 201]


def test_who_may_pull_pulls_from_that_repository_and_does_nothing_else(emulator: LiveEmulator) -> None:
    reader = user(emulator, OPEN, PULL)

    assert reader.asks("GET", f"{READ}/manifests/v1") == (200, MANIFEST)
    assert reader.asks("GET", f"{READ}/blobs/{DIGEST}") == (200, BLOB)
    assert reader.push(READ) == [403, 403, 403]
    assert reader.asks("DELETE", f"{READ}/manifests/v1")[0] == 403
    assert reader.asks("GET", f"{READ}/tags/list")[0] == 403
    assert reader.asks("GET", f"{OTHER}/manifests/v1")[0] == 403
    status, body = reader.asks("GET", f"{OTHER}/blobs/{DIGEST}")
    (error,) = json.loads(body)["errors"]
    assert (status, error["code"]) == (403, "DENIED")
    assert "is not authorized to perform: ecr:GetDownloadUrlForLayer on resource: arn:aws:ecr:" in error["message"]


def test_a_layer_is_mounted_only_from_where_it_may_be_read(emulator: LiveEmulator) -> None:
    emulator.client("ecr").put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    pushes = {"Action": "ecr:*", "Resource": "arn:aws:ecr:*:*:repository/rights/new"}
    emulator.client("ecr").create_repository(repositoryName="rights/new")
    pusher = user(emulator, OPEN, PULL, pushes)

    refused, _ = pusher.asks("POST", f"rights/new/blobs/uploads/?mount={DIGEST}&from={OTHER}")
    mounted, _ = pusher.asks("POST", f"rights/new/blobs/uploads/?mount={DIGEST}&from={READ}")

    assert (refused, mounted) == (202, 201)


def test_a_sessions_own_policy_narrows_its_password_too(emulator: LiveEmulator) -> None:
    iam, assuming = emulator.client("iam"), new_user(emulator.client("iam"), "registry")
    trusting = {"Principal": {"AWS": assuming.arn}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="registry", AssumeRolePolicyDocument=allowing(trusting))["Role"]["Arn"]
    iam.put_role_policy(RoleName="registry", PolicyName="p", PolicyDocument=allowing(ALL))

    def session(**how: str) -> Bearer:
        sts = emulator.client("sts", **assuming.keys)
        given = sts.assume_role(RoleArn=role, RoleSessionName="narrow", **how)["Credentials"]
        names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey"}
        names["aws_session_token"] = "SessionToken"
        return Bearer(emulator=emulator, keys={name: given[member] for name, member in names.items()})

    assert session().asks("GET", f"{OTHER}/manifests/v1")[0] == 200
    assert session(Policy=allowing(OPEN, PULL)).asks("GET", f"{READ}/manifests/v1")[0] == 200
    assert session(Policy=allowing(OPEN, PULL)).asks("GET", f"{OTHER}/manifests/v1")[0] == 403
