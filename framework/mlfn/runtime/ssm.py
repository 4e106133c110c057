"""Asking the Parameter Store without boto3; no error holds a value."""

from __future__ import annotations

from mlfn.jsontext import decode, encode
from mlfn.runtime.aws import AwsClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 5.0


def get_parameter_text(name: str, environ: Mapping[str, str]) -> str:
    """The current value of a parameter, decrypted if it is a secure one.

    Raises:
        AwsError: the Parameter Store refuses.
        ExchangeError: it does not answer.
    """
    body = encode({"Name": name, "WithDecryption": True}).encode()
    client = AwsClient("ssm", environ, json_version="1.1")
    try:
        answer = decode(client.call("AmazonSSM.GetParameter", body, timeout_s=TIMEOUT_S).decode())
    finally:
        client.close()
    return str(answer["Parameter"]["Value"])
