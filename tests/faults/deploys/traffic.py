"""A client that calls all the while: a model directly and through the API, and a pipeline."""

from __future__ import annotations

import json
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mlfn.errors import TargetError
from mlfn_cli.calling.calls import call_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import boto3

    from mlfn_engine.values import Target

PAUSE_S = 0.02
PAYLOAD = json.dumps("how are you").encode()


class Traffic:
    """Calls on three paths at once, one after the other on each, until told to stop."""

    def __init__(self, session: boto3.Session, target: Target, api_url: str) -> None:
        self._session = session
        self._target = target
        self._url = api_url
        self._lambda: Any = session.client("lambda", endpoint_url=target.endpoint_url)
        self._stop = threading.Event()
        self.answers: Counter[str] = Counter()
        """By path."""
        self.errors: list[str] = []

    @contextmanager
    def going(self) -> Iterator[Traffic]:
        """Calls for as long as this lasts."""
        paths: dict[str, Callable[[], str | None]] = {
            "direct": self._direct,
            "model": lambda: self._api("models/mood"),
            "pipeline": lambda: self._api("pipelines/judge"),
        }
        threads = [threading.Thread(target=self._run, args=each) for each in paths.items()]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _run(self, path: str, call: Callable[[], str | None]) -> None:
        while not self._stop.wait(PAUSE_S):
            if wrong := call():
                self.errors.append(f"{path}: {wrong}")
            self.answers[path] += 1

    def _direct(self) -> str | None:
        try:
            answer = self._lambda.invoke(FunctionName="changing-dev-mood:live", Payload=PAYLOAD)
        except (ClientError, BotoCoreError) as error:
            return str(error)
        body = answer["Payload"].read().decode()
        return body if "FunctionError" in answer else _unlike_the_model(body)

    def _api(self, path: str) -> str | None:
        try:
            answer = call_api(f"{self._url}/{path}", PAYLOAD, self._target, self._session)
        except TargetError as error:
            return str(error)
        body = answer.body.decode()
        return _unlike_the_model(body) if answer.status == 200 else f"{answer.status} {body}"


def _unlike_the_model(body: str) -> str | None:
    """What is wrong with an answer that no version of the model gives."""
    return None if body.startswith('"mood ') else body
