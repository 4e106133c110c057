"""Settings that a bucket has several of, by name: kept, but nothing carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.listing import read_token, token_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State

_PAGE = 100
_ARN = "arn:aws:s3:::"
_FORMATS = ("CSV", "ORC", "Parquet")
_INVENTORY_FIELDS = frozenset(
    {
        *("Size", "LastModifiedDate", "StorageClass", "ETag", "IsMultipartUploaded", "ReplicationStatus"),
        *("EncryptionStatus", "ObjectLockRetainUntilDate", "ObjectLockMode", "ObjectLockLegalHoldStatus"),
        *("IntelligentTieringAccessTier", "BucketKeyStatus", "ChecksumAlgorithm", "ObjectAccessControlList"),
        *("ObjectOwner", "LifecycleExpirationDate"),
    }
)


def _check_name(name: str, configuration: dict[str, Any]) -> None:
    if configuration.get("Id") != name:
        raise malformed_xml()


def _check_inventory(name: str, configuration: dict[str, Any]) -> None:
    if configuration.get("Id") != name:
        raise ServiceError("IdMismatch", "Document ID does not match the specified configuration ID.")
    destination = configuration.get("Destination", {}).get("S3BucketDestination", {})
    if not destination.get("Bucket", "").startswith(_ARN):
        raise ServiceError("InvalidS3DestinationBucket", "Invalid bucket ARN.")
    is_right = (
        destination.get("Format") in _FORMATS
        and configuration.get("Schedule", {}).get("Frequency") in ("Daily", "Weekly")
        and configuration.get("IncludedObjectVersions") in ("All", "Current")
        and _INVENTORY_FIELDS.issuperset(configuration.get("OptionalFields", ()))
    )
    if not is_right:
        raise malformed_xml()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of such settings."""

    name: str
    """What is between Bucket and Configuration in the operations' names."""
    check: Callable[[str, dict[str, Any]], None] = _check_name

    @property
    def member(self) -> str:
        """The input and output member; stored under its plural."""
        return f"{self.name}Configuration"


_KINDS = (
    Kind(name="Analytics"),
    Kind(name="IntelligentTiering"),
    Kind(name="Inventory", check=_check_inventory),
    Kind(name="Metrics"),
)


class NamedSettingsOperations:
    """Put, get, list and delete configurations of analytics, tiering, inventory and metrics."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        table: dict[str, Operation] = {}
        for kind in _KINDS:
            table[f"PutBucket{kind.member}"] = self._put(kind)
            table[f"GetBucket{kind.member}"] = self._get(kind)
            table[f"DeleteBucket{kind.member}"] = self._delete(kind)
            table[f"ListBucket{kind.member}s"] = self._list(kind)
        return table

    def _put(self, kind: Kind) -> Operation:
        async def put(context: RequestContext, params: Params) -> Result:
            bucket = self._state.bucket(params["Bucket"])
            kind.check(params["Id"], params[kind.member])
            self._keep(bucket, kind, _kept(bucket, kind) | {params["Id"]: params[kind.member]})
            return {"HttpStatus": 204}

        return put

    def _get(self, kind: Kind) -> Operation:
        async def get(context: RequestContext, params: Params) -> Result:
            found = _kept(self._state.bucket(params["Bucket"]), kind).get(params["Id"])
            if found is None:
                raise _missing()
            return {kind.member: found}

        return get

    def _delete(self, kind: Kind) -> Operation:
        async def delete(context: RequestContext, params: Params) -> Result:
            bucket = self._state.bucket(params["Bucket"])
            kept = _kept(bucket, kind)
            if params["Id"] not in kept:
                raise _missing()
            self._keep(bucket, kind, {name: value for name, value in kept.items() if name != params["Id"]})
            return {}

        return delete

    def _list(self, kind: Kind) -> Operation:
        async def list_all(context: RequestContext, params: Params) -> Result:
            kept = _kept(self._state.bucket(params["Bucket"]), kind)
            token = params.get("ContinuationToken")
            names = [name for name in sorted(kept) if not token or name > read_token(token)]
            page = names[:_PAGE]
            result: Result = {f"{kind.member}List": [kept[name] for name in page], "IsTruncated": len(names) > _PAGE}
            if token:
                result["ContinuationToken"] = token
            if result["IsTruncated"]:
                result["NextContinuationToken"] = token_of(page[-1])
            return result

        return list_all

    def _keep(self, bucket: Bucket, kind: Kind, value: dict[str, Any]) -> None:
        bucket["Settings"][f"{kind.member}s"] = value
        self._state.buckets.put(bucket["Name"], bucket)


def _kept(bucket: Bucket, kind: Kind) -> dict[str, Any]:
    kept: dict[str, Any] = bucket["Settings"].get(f"{kind.member}s", {})
    return kept


def _missing() -> ServiceError:
    return ServiceError("NoSuchConfiguration", "The specified configuration does not exist.", status=404)
