"""Call a deployed model or pipeline: through its API, or directly through AWS's own operations."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from mlfn.client.blobs import kept_answer
from mlfn.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import boto3

    from mlfn_engine.values import Target

TIMEOUT_S = 35
"""API Gateway gives up after 30 s."""


_JSON = {"Content-Type": "application/json"}
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    ok: bool
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """A header by its lower-case name."""
        return dict(self.headers).get(name)


def call_api(
    url: str, payload: bytes | None, target: Target, session: boto3.Session, headers: Mapping[str, str] = _NOTHING
) -> Answer:
    """POST a payload (or GET, without one) signed with SigV4 for `execute-api`.

    Raises:
        TargetError: nothing answers at that URL.
    """
    method = "GET" if payload is None else "POST"
    request = AWSRequest(method=method, url=url, data=payload or b"", headers={**_JSON, **headers})
    credentials = session.get_credentials()
    if credentials is None:
        raise TargetError("There are no AWS credentials to sign with.", hint="Sign in: aws sso login, or AWS_PROFILE.")
    SigV4Auth(credentials, "execute-api", target.region).add_auth(request)
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request(method, parts.path, body=payload, headers=dict(request.headers.items()))
        response = connection.getresponse()
        given = tuple((name.lower(), value) for name, value in response.getheaders())
        answer = Answer(ok=response.status < 400, status=response.status, body=response.read(), headers=given)
    except (OSError, HTTPException) as error:
        raise TargetError(f"{url} does not answer: {error}.", hint="See what is deployed with: mlfn status") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.SEE_OTHER:
        return answer
    return replace(answer, status=HTTPStatus.OK, body=kept_answer(parts.path, dict(answer.headers)))


def problem_text(answer: Answer) -> str:
    """An error answer in one line: problem+json's title and detail, else the body."""
    try:
        problem = json.loads(answer.body)
    except ValueError:
        return answer.body.decode(errors="replace")[:500] or f"HTTP {answer.status}"
    if not isinstance(problem, dict):
        return str(problem)
    title = problem.get("title") or problem.get("errorType") or problem.get("message") or f"HTTP {answer.status}"
    detail = problem.get("detail") or problem.get("errorMessage") or ""
    if places := _places(problem.get("errors", ())):
        detail = f"{str(detail).partition(':')[0]}: {places}."
    return f"{title}: {detail}" if detail else str(title)


def _places(errors: Iterable[Mapping[str, Any]]) -> str:
    """Where a contract is violated, and how; an answer's detail names the first place alone."""
    told = [(".".join(str(part) for part in error.get("loc", ())), error.get("msg", "")) for error in errors]
    return "; ".join(f"{place}: {message}" if place else message for place, message in told)
