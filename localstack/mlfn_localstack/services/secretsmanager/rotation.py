"""Rotations: the four steps that a secret's function is asked to take, now and when they are due.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.schedules import moment, parse_schedule
from mlfn_localstack.services.secretsmanager import errors, staging
from mlfn_localstack.services.secretsmanager.storing import is_valued

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway, Params
    from mlfn_localstack.services.secretsmanager.model import Secret, SecretState

_LOG = logging.getLogger(__name__)
_PRINCIPAL = "secretsmanager.amazonaws.com"
_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_TEST = ("testSecret",)
_DAY_S = 86_400


class Rotations:
    """Runs the rotations that are under way, and starts those that are due."""

    def __init__(self, state: SecretState, gateway: Gateway) -> None:
        self._state = state
        self._gateway = gateway
        self._tasks: set[asyncio.Task[None]] = set()

    async def check_function(self, secret: Secret, arn: str) -> None:
        """Return if the function is there and lets Secrets Manager call it.

        Raises:
            ServiceError: AccessDeniedException.
        """
        try:
            await self._invoke(secret["ARN"], {"FunctionName": arn, "InvocationType": "DryRun"})
        except ServiceError as error:
            raise errors.function_denied() from error

    def begin(self, secret: Secret, token: str, *, is_test: bool = False) -> None:
        """Rotate a secret to a new version, or only test that its function would; the rest happens meanwhile."""
        if token not in secret["Versions"]:
            staging.add(secret, token, {"CreatedDate": time.time()}, [staging.PENDING])
        secret["Rotating"] = {"Token": token, "Test": is_test}
        self._state.save(secret)
        self._run(secret["Name"])

    def resume(self) -> None:
        """Go on with what was under way when the emulator stopped."""
        for secret in self._state.all():
            if "Rotating" in secret:
                self._run(secret["Name"])

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def fire_due(self) -> None:
        """Begin the rotations that are due."""
        now = time.time()
        for secret in self._state.all():
            if secret.get("NextRotationDate", now + 1) <= now and "Rotating" not in secret:
                begun = plan(secret, now)
                self.begin(begun, pending_version(begun) or str(uuid.uuid4()))

    def next_due(self) -> float | None:
        """When the next rotation is due."""
        return min((each["NextRotationDate"] for each in self._state.all() if "NextRotationDate" in each), default=None)

    def _run(self, name: str) -> None:
        task = asyncio.get_running_loop().create_task(self._rotate(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rotate(self, name: str) -> None:
        secret = self._state.find(name)
        if secret is None or "Rotating" not in secret:
            return
        token, is_test = secret["Rotating"]["Token"], secret["Rotating"]["Test"]
        try:
            for step in _TEST if is_test else _STEPS:
                if self._is_given_up(name, token):
                    return
                await self._ask(secret, token, step)
        except ServiceError as error:
            _LOG.warning("The rotation of secret %s failed: %s", name, error.message)
        else:
            await self._finish(name, token, is_test=is_test)
            return
        await self._finish(name, token, is_test=is_test, has_failed=True)

    def _is_given_up(self, name: str, token: str) -> bool:
        secret = self._state.find(name)
        return secret is None or secret.get("Rotating", {}).get("Token") != token

    async def _ask(self, secret: Secret, token: str, step: str) -> None:
        event = {"Step": step, "SecretId": secret["ARN"], "ClientRequestToken": token}
        asked = {"FunctionName": secret["RotationLambdaARN"], "Payload": json.dumps(event).encode()}
        answer = await self._invoke(secret["ARN"], asked)
        if "FunctionError" in answer:
            raise ServiceError("FunctionError", f"{step}: {answer['Payload'].decode(errors='replace')}")

    async def _invoke(self, secret_arn: str, params: Params) -> dict[str, Any]:
        return await self._gateway.call("lambda", "Invoke", params, principal=_PRINCIPAL, source_arn=secret_arn)

    async def _finish(self, name: str, token: str, *, is_test: bool, has_failed: bool = False) -> None:
        async with self._state.turn:
            self._note_end(name, token, is_test=is_test, has_failed=has_failed)

    def _note_end(self, name: str, token: str, *, is_test: bool, has_failed: bool) -> None:
        secret = self._state.find(name)
        if secret is None:
            return
        secret.pop("Rotating", None)
        version = secret["Versions"].get(token)
        if is_test and version is not None and not is_valued(version):
            del secret["Versions"][token]
        if not is_test and not has_failed:
            secret["LastRotatedDate"] = secret["LastChangedDate"] = time.time()
        self._state.save(secret)


def pending_version(secret: Secret) -> str | None:
    """The version of a rotation that did not come to its end."""
    pending = staging.holder_of(secret, staging.PENDING)
    return None if pending == staging.holder_of(secret, staging.CURRENT) else pending


def plan(secret: Secret, now: float) -> Secret:
    """A secret with the date of its next rotation, if it has rules for that."""
    rules = secret.get("RotationRules", {})
    kept = {name: value for name, value in secret.items() if name != "NextRotationDate"}
    if not secret.get("RotationEnabled") or not rules:
        return kept
    if "AutomaticallyAfterDays" in rules:
        return kept | {"NextRotationDate": now + rules["AutomaticallyAfterDays"] * _DAY_S}
    due = parse_schedule(rules["ScheduleExpression"]).next_after(moment(now))
    return kept if due is None else kept | {"NextRotationDate": due.timestamp()}
