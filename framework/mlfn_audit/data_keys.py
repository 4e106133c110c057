"""The data keys of apps, under which their records' digests are: made, asked, destroyed (docs/audit-payloads.md)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from mlfn.runtime.capture import PAYLOADS
from mlfn.runtime.data_key import DataKey, data_key_name, encryption_context
from mlfn.runtime.large_values import CALLS, values_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "NotFound", "404"})


class KeyBucketClient(Protocol):
    """What keeping wrapped keys needs of boto3's S3 client."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        """`PutObject`."""

    def get_object(self, **request: Any) -> Mapping[str, Any]:
        """`GetObject`."""

    def delete_object(self, **request: Any) -> Mapping[str, Any]:
        """`DeleteObject`."""

    def list_object_versions(self, **request: Any) -> Mapping[str, Any]:
        """`ListObjectVersions`."""


class KeyWrapClient(Protocol):
    """What wrapping them needs of boto3's KMS client."""

    def generate_data_key_without_plaintext(self, **request: Any) -> Mapping[str, Any]:
        """`GenerateDataKeyWithoutPlaintext`."""

    def decrypt(self, **request: Any) -> Mapping[str, Any]:
        """`Decrypt`."""


def input_digests(data: bytes, key: DataKey | None) -> tuple[bytes, ...]:
    """The digests that a record of the input `data` may have: under the app's data key, and plain."""
    plain = hashlib.sha256(data).digest()
    return (plain,) if key is None else (key.hmac(data), plain)


class DataKeys:
    """The data keys of one stage's apps: wrapped by the stage's KMS key, kept in its data bucket."""

    def __init__(self, s3: KeyBucketClient, kms: KeyWrapClient, *, bucket: str, stage: str) -> None:
        self._s3 = s3
        self._kms = kms
        self._bucket = bucket
        self._stage = stage

    def ensure(self, app: str, wrapping_key: str) -> bool:
        """Give an app a key, if it has none; whether it needed one."""
        if self._wrapped(app) is not None:
            return False
        try:
            self._put(app, wrapping_key, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:  # another deploy was faster
                return False
            raise
        return True

    def open(self, app: str) -> DataKey | None:
        """An app's key, unwrapped; None if it has none."""
        wrapped = self._wrapped(app)
        if wrapped is None:
            return None
        context = encryption_context(app, self._stage)
        return DataKey(self._kms.decrypt(CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"])

    def replace(self, app: str, wrapping_key: str) -> int:
        """Give an app a new key and destroy every earlier one for good; gives how many there were.

        Digests made under a destroyed key can no longer be linked to what was sent, nor to each other's inputs.
        """
        self._put(app, wrapping_key)
        earlier = self._earlier_versions(app)
        for version in earlier:
            self._s3.delete_object(Bucket=self._bucket, Key=data_key_name(app), VersionId=version)
        return len(earlier)

    def remove_payloads(self, app: str) -> int:
        """Delete what was kept of an app's calls, and of its pipelines' values; gives how many objects there were."""
        prefixes = (f"{PAYLOADS}{app}.", f"{CALLS}{app}.", values_prefix(app))
        entries = [entry for prefix in prefixes for entry in self._listed(prefix)]
        for entry in entries:
            self._s3.delete_object(Bucket=self._bucket, Key=entry["Key"], VersionId=entry["VersionId"])
        return len({entry["Key"] for entry in entries})

    def _put(self, app: str, wrapping_key: str, **condition: str) -> Mapping[str, Any]:
        wrapped = self._kms.generate_data_key_without_plaintext(
            KeyId=wrapping_key, KeySpec="AES_256", EncryptionContext=encryption_context(app, self._stage)
        )["CiphertextBlob"]
        return self._s3.put_object(Bucket=self._bucket, Key=data_key_name(app), Body=wrapped, **condition)

    def _wrapped(self, app: str) -> bytes | None:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=data_key_name(app))
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        body: bytes = answer["Body"].read()
        return body

    def _earlier_versions(self, app: str) -> list[str]:
        """Every version of an app's wrapped key, delete markers among them, but the one in force.

        That is the newest, not one's own: two who replace it at once would destroy each other's.
        """
        name = data_key_name(app)
        return [entry["VersionId"] for entry in self._listed(name) if entry["Key"] == name and not entry["IsLatest"]]

    def _listed(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        """Every version of the objects below a prefix, delete markers among them."""
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page = self._s3.list_object_versions(**request)
            yield from (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if not page.get("IsTruncated"):
                return
            request |= {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
