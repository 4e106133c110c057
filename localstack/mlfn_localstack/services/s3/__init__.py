"""Amazon S3: buckets, objects and their versions.

https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.http import Route
from mlfn_localstack.services.s3.expected_owners import owned
from mlfn_localstack.services.s3.lifecycle_work import LifecycleWork
from mlfn_localstack.services.s3.model import S3State
from mlfn_localstack.services.s3.notifying import Notifier
from mlfn_localstack.services.s3.object_keys import ObjectKeys
from mlfn_localstack.services.s3.operations_acl import AclOperations
from mlfn_localstack.services.s3.operations_buckets import BucketOperations
from mlfn_localstack.services.s3.operations_copying import CopyingOperations
from mlfn_localstack.services.s3.operations_deletion import DeletionOperations
from mlfn_localstack.services.s3.operations_listing import ListingOperations
from mlfn_localstack.services.s3.operations_multipart import MultipartOperations
from mlfn_localstack.services.s3.operations_named_settings import NamedSettingsOperations
from mlfn_localstack.services.s3.operations_notifications import NotificationOperations
from mlfn_localstack.services.s3.operations_object_settings import ObjectSettingsOperations
from mlfn_localstack.services.s3.operations_objects import ObjectOperations
from mlfn_localstack.services.s3.operations_restoring import RestoringOperations
from mlfn_localstack.services.s3.operations_settings import SettingsOperations
from mlfn_localstack.services.s3.operations_uploads import UploadListingOperations
from mlfn_localstack.services.s3.operations_versions import VersionOperations
from mlfn_localstack.services.s3.removing import Removal
from mlfn_localstack.services.s3.unserved import served
from mlfn_localstack.services.s3.websites import HOST, Websites

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Environment, Operation


class S3:
    """S3."""

    name = "s3"

    def __init__(self, environment: Environment) -> None:
        state, keys, notifier = S3State(environment), ObjectKeys(environment), Notifier(environment)
        copying, removal = CopyingOperations(state, keys, notifier), Removal(state)
        self._queue = notifier.queue
        self.lifecycle = LifecycleWork(environment, state, removal, notifier)
        self._websites = Websites(environment, state)
        operations: dict[str, Operation] = {
            **BucketOperations(state).operations(),
            **SettingsOperations(state).operations(),
            **NamedSettingsOperations(state).operations(),
            **NotificationOperations(state, notifier).operations(),
            **AclOperations(state, notifier).operations(),
            **ObjectOperations(state, keys, notifier).operations(),
            **copying.operations(),
            **DeletionOperations(state, removal, notifier).operations(),
            **ListingOperations(state).operations(),
            **VersionOperations(state).operations(),
            **UploadListingOperations(state).operations(),
            **MultipartOperations(state, keys, copying, notifier).operations(),
            **RestoringOperations(state, notifier).operations(),
            **ObjectSettingsOperations(state, notifier).operations(),
        }
        self._operations = {name: owned(served(name, operation)) for name, operation in operations.items()}

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """Those of websites, by their hosts."""
        return (Route(handler=self._websites.handle, host_pattern=HOST),)

    async def start(self) -> None:
        """Go on with queued notifications, and with lifecycle rules."""
        self._queue.start()
        self.lifecycle.start()

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        await self.lifecycle.stop()
        await self._queue.stop()
