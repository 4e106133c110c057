"""Warm invocations through the emulator's own server, signed: p50 in ms at one client, calls a second at eight.

.venv/bin/python bench/emulator_invoke.py [seconds]
"""

from __future__ import annotations

import http.client
import io
import json
import statistics
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mlfn_localstack.process import read_credentials, start, stop

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'  # noqa: E501 - one document
HANDLERS = {
    "silent": "def handler(event, context):\n    return {'statusCode': 200, 'body': 'x'}",
    "printing": "def handler(event, context):\n    print('line')\n    return 1",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        running = start(Path(directory), port=0)
        try:
            run(running.endpoint, Path(directory))
        finally:
            stop(Path(directory))


def run(endpoint: str, state_dir: Path) -> None:
    keys = read_credentials(state_dir)
    assert keys is not None
    settings: dict[str, Any] = {
        "endpoint_url": endpoint,
        "region_name": keys.region,
        "aws_access_key_id": keys.access_key,
        "aws_secret_access_key": keys.secret_key,
    }
    role = boto3.client("iam", **settings).create_role(RoleName="bench", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    lambda_: Any = boto3.client("lambda", **settings)
    credentials = Credentials(keys.access_key, keys.secret_key)
    for name, code in HANDLERS.items():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("app.py", code)
        lambda_.create_function(
            FunctionName=name,
            Role=role,
            Runtime=f"python3.{sys.version_info.minor}",
            Handler="app.handler",
            Code={"ZipFile": buffer.getvalue()},
        )
        measure(f"invoke {name}", f"{endpoint}/2015-03-31/functions/{name}/invocations", credentials, "lambda")
    api = boto3.client("apigatewayv2", **settings)
    created = api.create_api(Name="bench", ProtocolType="HTTP", Target=lambda_arn(lambda_, "silent"))
    lambda_.add_permission(
        FunctionName="silent",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    route = api.get_routes(ApiId=created["ApiId"])["Items"][0]["RouteId"]
    api.update_route(ApiId=created["ApiId"], RouteId=route, AuthorizationType="AWS_IAM")
    measure("http api, AWS_IAM", f"{created['ApiEndpoint']}/x", credentials, "execute-api")


def lambda_arn(client: Any, name: str) -> str:
    return str(client.get_function(FunctionName=name)["Configuration"]["FunctionArn"])


def measure(label: str, url: str, credentials: Credentials, service: str) -> None:
    """Requests are signed once and repeated, so that the client costs little."""
    request = AWSRequest("POST", url, data=b'{"a":1}', headers={"Content-Type": "application/json"})
    SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    times = sorted(client_loop(url, headers))
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(client_loop(url, headers)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p50, p99 = statistics.median(times) * 1000, times[int(len(times) * 0.99)] * 1000
    figures = {"p50_ms": round(p50, 3), "p99_ms": round(p99, 3), "per_s_1": round(len(times) / SECONDS)}
    print(label, json.dumps({**figures, "per_s_8": round(sum(counts) / SECONDS)}))


def client_loop(url: str, headers: dict[str, str]) -> list[float]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    times = []
    end = time.perf_counter() + SECONDS
    while (started := time.perf_counter()) < end:
        connection.request("POST", parts.path, b'{"a":1}', headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        times.append(time.perf_counter() - started)
    connection.close()
    return times


if __name__ == "__main__":
    main()
