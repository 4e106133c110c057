"""Web identity tokens: who gets them, what they say, and that others can check them."""

from __future__ import annotations

import base64
import json
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

AUDIENCE = "arn:aws:lambda:us-east-1:000000000000:function:reviews-dev-sentiment"


@pytest.fixture
def issuer(emulator: LiveEmulator) -> str:
    """The account's issuer, with tokens switched on."""
    iam = emulator.client("iam")
    try:
        return str(iam.enable_outbound_web_identity_federation()["IssuerIdentifier"])
    except iam.exceptions.FeatureEnabledException:
        return str(iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"])


def document(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the emulator's own
        return json.loads(answer.read())


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    header, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    return json.loads(header), json.loads(claims), signature


def user_with(emulator: LiveEmulator, *statements: dict[str, Any]) -> tuple[str, dict[str, str]]:
    iam, name = emulator.client("iam"), f"bearer-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    allowed = [{"Effect": "Allow", "Resource": "*", **one} for one in statements]
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="tokens", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return name, {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_an_account_hands_out_no_tokens_until_it_is_told_to(emulator: LiveEmulator, issuer: str) -> None:
    iam, sts = emulator.client("iam"), emulator.client("sts")

    iam.disable_outbound_web_identity_federation()
    with pytest.raises(sts.exceptions.OutboundWebIdentityFederationDisabledException):
        sts.get_web_identity_token(Audience=[AUDIENCE], SigningAlgorithm="RS256")
    with pytest.raises(iam.exceptions.FeatureDisabledException):
        iam.get_outbound_web_identity_federation_info()
    again = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]

    assert again == issuer
    assert iam.get_outbound_web_identity_federation_info()["JwtVendingEnabled"] is True
    with pytest.raises(iam.exceptions.FeatureEnabledException):
        iam.enable_outbound_web_identity_federation()


def test_a_token_says_who_asked_for_whom_and_until_when(emulator: LiveEmulator, issuer: str) -> None:
    name, keys = user_with(emulator, {"Action": ["sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"]})
    sts = emulator.client("sts", **keys)

    given = sts.get_web_identity_token(
        Audience=[AUDIENCE], SigningAlgorithm="RS256", DurationSeconds=60, Tags=[{"Key": "team", "Value": "risk"}]
    )

    header, claims, _ = parts(given["WebIdentityToken"])
    arn = f"arn:aws:iam::000000000000:user/{name}"
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert (claims["iss"], claims["aud"], claims["sub"]) == (issuer, AUDIENCE, arn)
    assert claims["exp"] - claims["iat"] == 60
    assert given["Expiration"].timestamp() == claims["exp"]
    assert claims["https://sts.amazonaws.com/"] == {
        "aws_account": "000000000000",
        "source_region": "us-east-1",
        "principal_id": arn,
        "request_tags": {"team": "risk"},
    }


def test_a_roles_session_is_told_as_its_role(emulator: LiveEmulator, issuer: str) -> None:
    name = f"bearers-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*"}
    iam = emulator.client("iam")
    role = iam.create_role(
        RoleName=name, Path="/team/", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name, PolicyName="may", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": may})
    )
    session = emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="jane")["Credentials"]
    keys = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }

    given = emulator.client("sts", **keys).get_web_identity_token(Audience=["a", "b"], SigningAlgorithm="RS256")

    claims = parts(given["WebIdentityToken"])[1]
    assert (claims["sub"], claims["aud"]) == (role, ["a", "b"])


def test_tokens_are_signed_by_the_keys_their_issuer_publishes(emulator: LiveEmulator, issuer: str) -> None:
    token = emulator.client("sts").get_web_identity_token(Audience=[AUDIENCE], SigningAlgorithm="RS256")[
        "WebIdentityToken"
    ]

    configuration = document(f"{issuer}/.well-known/openid-configuration")
    header, _, signature = parts(token)
    [key] = [key for key in document(configuration["jwks_uri"])["keys"] if key["kid"] == header["kid"]]
    n, e = (int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big") for name in "ne")
    public = rsa.RSAPublicNumbers(e, n).public_key()

    assert configuration["issuer"] == issuer
    public.verify(signature, token.rpartition(".")[0].encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, token.rpartition(".")[0].encode() + b"x", padding.PKCS1v15(), hashes.SHA256())


def test_a_token_can_be_signed_on_a_curve(emulator: LiveEmulator, issuer: str) -> None:
    token = emulator.client("sts").get_web_identity_token(Audience=["a"], SigningAlgorithm="ES384")["WebIdentityToken"]

    header, _, signature = parts(token)
    [key] = [key for key in document(f"{issuer}/.well-known/jwks.json")["keys"] if key["kid"] == header["kid"]]
    assert (key["crv"], len(signature)) == ("P-384", 96)


@pytest.mark.parametrize(
    ("statement", "request_"),
    [
        (None, {}),
        ({"Condition": {"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "other"}}}, {}),
        ({"Condition": {"NumericLessThanEquals": {"sts:DurationSeconds": "120"}}}, {"DurationSeconds": 121}),
        ({}, {"Tags": [{"Key": "team", "Value": "risk"}]}),
    ],
    ids=["no policy", "another audience", "too long", "tags"],
)
def test_a_token_is_given_to_whom_policies_allow_it(
    emulator: LiveEmulator, issuer: str, statement: dict[str, Any] | None, request_: dict[str, Any]
) -> None:
    statements = [] if statement is None else [{"Action": "sts:GetWebIdentityToken", **statement}]
    sts = emulator.client("sts", **user_with(emulator, *statements)[1])

    with pytest.raises(ClientError, match="AccessDenied"):
        sts.get_web_identity_token(Audience=[AUDIENCE], SigningAlgorithm="RS256", **request_)


def test_only_a_session_on_somebodys_behalf_can_name_another_subject(emulator: LiveEmulator, issuer: str) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        emulator.client("sts").get_web_identity_token(
            Audience=[AUDIENCE], SigningAlgorithm="RS256", SubjectMode="OriginIdentity"
        )


def test_the_private_keys_are_their_owners_alone(emulator: LiveEmulator, issuer: str) -> None:
    emulator.client("sts").get_web_identity_token(Audience=["a"], SigningAlgorithm="RS256")

    assert (emulator.state_dir / "sts-signing.key").stat().st_mode & 0o777 == 0o600
