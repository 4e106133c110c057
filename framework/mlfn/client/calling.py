"""`Client`: models called directly, with a proof of who calls; pipelines through their front door."""

from __future__ import annotations

import json
import os
import weakref
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from mlfn.app import App
from mlfn.client import answers
from mlfn.client.blobs import downloaded, kept_answer, plain, uploaded
from mlfn.client.credentials import Issued, Wallet, moment, source_of
from mlfn.client.large import fits_api, fits_invoke, followed, in_place_of, placed
from mlfn.client.profile import Profile, read_profile
from mlfn.client.proving import Prover, calling_context, function_arn, own_account
from mlfn.client.queries import QueryError, ask, pairs, text_of
from mlfn.client.runs import Run
from mlfn.client.sending import Message, Sender, region_of
from mlfn.client.transport import UnansweredError, UnsentError
from mlfn.client.typed import declared_name, signature_of
from mlfn.errors import TargetError
from mlfn.runtime.calls import CONTENT_TYPES, REFERENCE, UPLOAD
from mlfn.runtime.sigv4 import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec

    from mlfn.client.blobs import Ask
    from mlfn.client.transport import Received

    P = ParamSpec("P")
R = TypeVar("R")
LONGEST_CALL_S = 905.0
"""A function runs for 15 minutes at most."""
API_TIMEOUT_S = 35.0
"""API Gateway gives up after 30 s."""


class Client:
    """The models and pipelines of one app in one stage.

    Credentials, region and endpoint come from where AWS's own tools take them: the environment, else `profile`, else
    the container. `account` is the id of the account that the app is deployed in, if that is another than the caller's;
    `api_url` its API's URL, if the caller may not ask the stack for it. `prove` says whether direct calls carry a proof
    of who calls: True (or it is an error), False, or None: if STS gives one.

    Raises:
        TargetError: there is no such profile, no region, or no credentials.
    """

    def __init__(
        self,
        app: str | App,
        stage: str = "dev",
        *,
        profile: str | None = None,
        account: str | None = None,
        api_url: str | None = None,
        prove: bool | None = None,
    ) -> None:
        self._stack = f"{app.name if isinstance(app, App) else app}-{stage}"
        settings = read_profile(profile, os.environ)
        region = region_of(settings)
        source = source_of(settings, named=profile is not None, assume_role=_assume_role)
        self._sender = Sender(settings, Wallet(source), region)
        weakref.finalize(self, self._sender.close)
        self._prover = None if prove is False else Prover(self._sender, required=prove is True)
        self._account = account
        self._foreign = account is not None
        self._api_url = api_url

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; another call connects again."""
        self._sender.close()

    def call(self, model: str, value: Any = None, *, timeout_s: float = LONGEST_CALL_S) -> Any:
        """What a model says to a JSON value (an object of its parameters, if it has several).

        Raises:
            CallError: nothing, and why.
        """
        return json.loads(self._invoke(model, _encoded(value), timeout_s))

    def model(self, function: Callable[P, R]) -> Callable[P, R]:
        """A model as a function that runs where it is deployed: `client.model(sentiment)(review)`."""
        signature = signature_of(function)

        def deployed(*args: P.args, **kwargs: P.kwargs) -> R:
            body = self._invoke(signature.name, signature.body(*args, **kwargs), LONGEST_CALL_S)
            result: R = signature.parse(body)
            return result

        return deployed

    def run(self, pipeline: str, value: Any = None) -> Any:
        """What a synchronous pipeline says to a JSON value.

        Raises:
            CallError: nothing, and why.
        """
        return json.loads(self._ran(pipeline, _encoded(value)))

    def pipeline(self, function: Callable[P, R]) -> Callable[P, R]:
        """A synchronous pipeline as a function that runs where it is deployed."""
        signature = signature_of(function)

        def deployed(*args: P.args, **kwargs: P.kwargs) -> R:
            result: R = signature.parse(self._ran(signature.name, signature.body(*args, **kwargs)))
            return result

        return deployed

    def start(self, pipeline: str, value: Any = None) -> Run[Any]:
        """A run of an asynchronous pipeline, by its name.

        Raises:
            CallError: it has not been started.
        """
        return self._started(pipeline, _encoded(value), _unchanged)

    def starting(self, function: Callable[P, R]) -> Callable[P, Run[R]]:
        """An asynchronous pipeline as a function that starts a run: `client.starting(judge)(pages).result()`."""
        signature = signature_of(function)

        def start(*args: P.args, **kwargs: P.kwargs) -> Run[R]:
            body = signature.body(*args, **kwargs)
            return self._started(declared_name(function), body, lambda output: signature.parse(_encoded(output)))

        return start

    def find(self, pipeline: str, execution: str) -> Run[Any]:
        """A run that was started before, by its execution's name."""
        return self._run(pipeline, execution, _unchanged)

    def _invoke(self, model: str, body: bytes, timeout_s: float) -> bytes:
        name, blobs = f"{self._stack}-{model}", self._blobs_of(f"/models/{quote(model)}", model)
        path = f"/2015-03-31/functions/{quote(self._arn(name) if self._foreign else name, safe='')}/invocations"

        def invoke(sent: bytes) -> bytes:
            headers = {**_JSON, "x-amz-client-context": self._context(name)}
            message = Message(method="POST", path=path, query="Qualifier=live", body=sent, headers=headers)
            return answers.direct_result(model, self._sent(model, "lambda", message, timeout_s))

        sent = uploaded(model, body, blobs)
        if not fits_invoke(sent):
            sent = in_place_of(REFERENCE, placed(model, sent, lambda about: invoke(in_place_of(UPLOAD, about))))
        return downloaded(model, followed(model, invoke(sent)), blobs)

    def _context(self, function: str) -> str:
        return calling_context(self._prover.proof(self._arn(function)) if self._prover else None)

    def _arn(self, function: str) -> str:
        if self._account is None:
            self._account = own_account(self._sender)
        return function_arn(self._sender.region, self._account, function)

    def _ran(self, pipeline: str, body: bytes) -> bytes:
        """What a synchronous pipeline says."""
        answer = self._post(pipeline, body)
        told = answers.api_result(pipeline, answer)
        if answer.status == HTTPStatus.ACCEPTED:
            raise answers.started_instead(pipeline, str(told["execution"]))
        return downloaded(pipeline, answer.body, self._blobs_of(f"/pipelines/{quote(pipeline)}", pipeline))

    def _post(self, pipeline: str, body: bytes) -> Received:
        path = f"/pipelines/{quote(pipeline)}"
        sent = uploaded(pipeline, body, self._blobs_of(path, pipeline))
        if fits_api(sent):
            return self._api(pipeline, Message(method="POST", path=path, body=sent, headers=_JSON))

        def post(content: bytes, asks: str) -> Received:
            message = Message(method="POST", path=path, body=content, headers={"content-type": CONTENT_TYPES[asks]})
            return self._api(pipeline, message)

        def ask(about: bytes) -> bytes:
            answer = post(about, UPLOAD)
            answers.api_result(pipeline, answer)
            return answer.body

        return post(placed(pipeline, sent, ask), REFERENCE)

    def _blobs_of(self, path: str, name: str) -> Ask:
        """How to ask about the contents of a model's or pipeline's blobs."""

        def ask(method: str, below: str, body: bytes) -> Received:
            message = Message(method=method, path=path + below, body=body, headers=_JSON if body else {})
            return self._api(name, replace(message, repeatable=True))

        return ask

    def _started(self, pipeline: str, body: bytes, parse: Callable[[Any], R]) -> Run[R]:
        answer = self._post(pipeline, body)
        told = answers.api_result(pipeline, answer)
        if answer.status != HTTPStatus.ACCEPTED:
            raise answers.answered_instead(pipeline)
        return self._run(pipeline, told["execution"], parse)

    def _run(self, pipeline: str, execution: str, parse: Callable[[Any], R]) -> Run[R]:
        return Run(pipeline=pipeline, execution=execution, ask=lambda: self._asked(pipeline, execution), parse=parse)

    def _asked(self, pipeline: str, execution: str) -> dict[str, Any]:
        path = f"/pipelines/{quote(pipeline)}/{quote(execution)}"
        answer = self._api(pipeline, Message(method="GET", path=path, repeatable=True))
        told: dict[str, Any] = answers.api_result(pipeline, answer)
        if "output" in told:
            blobs = self._blobs_of(f"/pipelines/{quote(pipeline)}", pipeline)
            told["output"] = json.loads(downloaded(pipeline, _encoded(told["output"]), blobs))
        return told

    def _api(self, pipeline: str, message: Message) -> Received:
        url = urlsplit(self._url())
        placed = replace(message, path=url.path.rstrip("/") + message.path)
        answer = self._sent(pipeline, "execute-api", placed, API_TIMEOUT_S, url=f"{url.scheme}://{url.netloc}")
        if answer.status != HTTPStatus.SEE_OTHER:
            return answer
        return replace(answer, status=HTTPStatus.OK, body=kept_answer(pipeline, answer.headers))

    def _url(self) -> str:
        """The API's URL: given, or an output of the app's stack."""
        if self._api_url is None:
            self._api_url = self._reachable(self._deployed_url())
        return self._api_url

    def _deployed_url(self) -> str:
        hint = "Check the app, the stage and AWS_REGION, deploy it, or pass api_url=."
        try:
            stack = ask(self._sender, "cloudformation", "DescribeStacks", StackName=self._stack)
        except QueryError as error:
            if error.code != "ValidationError":  # what CloudFormation calls a stack that is not there
                raise
            raise TargetError(f"There is no stack {self._stack} in {self._sender.region}.", hint=hint) from error
        found = pairs(stack, "OutputKey", "OutputValue").get("ApiUrl")
        if not found:
            raise TargetError(f"The stack {self._stack} has no API.", hint=hint)
        return found

    def _reachable(self, url: str) -> str:
        """An emulator's API where the emulator is now; it may have been started again on another port."""
        parts, endpoint = urlsplit(url), urlsplit(self._sender.endpoint("cloudformation"))
        return parts._replace(scheme=endpoint.scheme, netloc=endpoint.netloc).geturl() if _emulated(parts.path) else url

    def _sent(self, name: str, service: str, message: Message, timeout_s: float, url: str | None = None) -> Received:
        try:
            return self._sender.send(service, message, timeout_s=timeout_s, url=url)
        except UnsentError as error:
            raise answers.unreachable(name, error) from error
        except UnansweredError as error:
            raise answers.unanswered(name, error) from error


_JSON = {"content-type": "application/json"}


def _emulated(path: str) -> bool:
    return path.startswith("/_aws/")


def _unchanged(value: Any) -> Any:
    return value


def _encoded(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, default=plain).encode()


def _assume_role(credentials: Credentials, profile: Profile) -> Issued:
    """The credentials of a profile's role."""
    sender = Sender(profile, Wallet(lambda: Issued(credentials=credentials)), region_of(profile))
    session = profile.get("role_session_name") or f"mlfn-{os.getpid()}"
    wanted = {"RoleArn": profile.settings["role_arn"], "RoleSessionName": session}
    if external := profile.get("external_id"):
        wanted["ExternalId"] = external
    answer = ask(sender, "sts", "AssumeRole", **wanted)
    sender.close()
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return Issued(
        credentials=Credentials(*(text_of(answer, name) for name in names)),
        expires_at=moment(text_of(answer, "Expiration")),
    )
