"""Carries out lifecycle rules: what has expired goes, and uploads that nobody completes."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from os.path import commonprefix
from typing import TYPE_CHECKING

from mlfn_localstack.identifiers import request_id
from mlfn_localstack.service import RequestContext, ServiceError, caller_of
from mlfn_localstack.services.s3.lifecycle import abortion, enabled_rules, expired, prefix_of
from mlfn_localstack.services.s3.notification_records import PRINCIPAL, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.s3.model import Bucket, S3State, Version
    from mlfn_localstack.services.s3.notifying import Notifier
    from mlfn_localstack.services.s3.removing import Deletion, Removal

logger = logging.getLogger(__name__)

_INTERVAL = "s3-lifecycle-interval-s"
_INTERVAL_S = 3_600.0
"""AWS looks once a day; what expires does so at midnight."""
_KEYS_AT_A_TIME = 100
"""Keys that are looked at while nobody else is answered."""


class LifecycleWork:
    """Looks through the buckets that have rules, again and again."""

    def __init__(self, environment: Environment, state: S3State, removal: Removal, notifier: Notifier) -> None:
        self._environment = environment
        self._state = state
        self._removal = removal
        self._notifier = notifier
        self._interval_s = float(environment.options.get(_INTERVAL, _INTERVAL_S))
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with what expired while nobody looked."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, where it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def carry_out(self, now: float) -> None:
        """Do what the rules of every bucket ask for at a time."""
        moment = datetime.fromtimestamp(now, UTC)
        for name, bucket in self._state.buckets.items():
            if rules := enabled_rules(bucket):
                await self._expire(name, commonprefix([prefix_of(rule) for rule in rules]), moment)  # noqa: RUF071 - no paths
        await self._abort(now)

    async def _run(self) -> None:
        while True:
            try:
                await self.carry_out(time.time())
            except Exception:  # whatever it is, other buckets' rules hold the next time
                logger.exception("Carrying out lifecycle rules failed; it is tried again.")
            await asyncio.sleep(self._interval_s)

    async def _expire(self, name: str, prefix: str, moment: datetime) -> None:
        bucket, contents = self._state.buckets.get(name), set[str]()
        keys = groupby(self._state.versions(name, prefix, ""), key=attrgetter("key"))
        for number, (key, versions) in enumerate(keys, 1):
            if bucket is None:
                return
            if any(expired(bucket, list(versions), moment)):
                contents |= {done.content for done in self._remove(bucket, key, moment)}
            if number % _KEYS_AT_A_TIME == 0:
                await self._state.sweep(contents)
                await asyncio.sleep(0)
                bucket, contents = self._state.buckets.get(name), set()
        await self._state.sweep(contents)

    def _remove(self, bucket: Bucket, key: str, moment: datetime) -> Iterator[Deletion]:
        """Remove what has expired of a key as it is now; what is locked stays."""
        context = self._context()
        due = expired(bucket, self._state.versions_of(bucket["Name"], key), moment)
        for version in due.versions:
            try:
                done = self._removal.version(bucket["Name"], key, version.version, {})
            except ServiceError:  # it is locked
                continue
            self._notifier.tell(context, bucket, Event.EXPIRED, version)
            yield done
        if due.current is not None and (hidden := self._hide(bucket, due.current)) is not None:
            event = Event.EXPIRED_BY_MARK if hidden.is_marker else Event.EXPIRED
            self._notifier.tell(context, bucket, event, hidden.gone or due.current)
            yield hidden

    def _hide(self, bucket: Bucket, current: Version) -> Deletion | None:
        try:
            return self._removal.latest(bucket, current.key, {})
        except ServiceError:  # it is locked
            return None

    async def _abort(self, now: float) -> None:
        for name, upload in self._state.uploads.items():
            bucket = self._state.buckets.get(upload["Bucket"])
            if bucket is None or abortion(bucket, upload).get("AbortDate", now + 1) > now:
                continue
            self._state.uploads.delete(name)
            await self._state.sweep(self._state.parts.remove(name))

    def _context(self) -> RequestContext:
        account = self._environment.account_id
        return RequestContext(
            service="s3",
            operation="LifecycleExpiration",
            region=self._environment.region,
            account_id=account,
            caller=caller_of(PRINCIPAL, account),
            request_id=request_id(),
            endpoint=self._environment.endpoint,
        )
