"""What a bucket lets others do of itself: by its policy, and by access control lists that name everybody.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.policy import Statement, parse_policy
from mlfn_localstack.auth.publicity import is_public
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.auth.access import Access
    from mlfn_localstack.service import Params
    from mlfn_localstack.store import Store

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_BY_BUCKET = {
    **dict.fromkeys(("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"), "READ"),
    **dict.fromkeys(("s3:PutObject", "s3:DeleteObject"), "WRITE"),
    "s3:GetBucketAcl": "READ_ACP",
    "s3:PutBucketAcl": "WRITE_ACP",
}
_BY_OBJECT = {
    **dict.fromkeys(("s3:GetObject", "s3:GetObjectVersion"), "READ"),
    "s3:GetObjectAcl": "READ_ACP",
    "s3:PutObjectAcl": "WRITE_ACP",
}
_ARN = "arn:aws:s3:::"


class OpenBuckets:
    """Asks buckets and objects whom they let in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._buckets = store.documents("s3-bucket")

    def check_there(self, params: Params) -> None:
        """Tell who did not sign that there is no such bucket, before anything is said of access.

        Raises:
            ServiceError: NoSuchBucket.
        """
        name = params.get("Bucket")
        if name is not None and self._buckets.get(name) is None:
            message = "The specified bucket does not exist"
            raise ServiceError("NoSuchBucket", message, status=404, fields={"BucketName": name})

    def policies(self, access: Access, *, anonymous: bool) -> list[tuple[Statement, ...]]:
        """The bucket's policy; where public policies are restricted, it lets nobody in who did not sign."""
        settings = self._settings(access)
        text = settings.get("Policy")
        if not text:
            return []
        policy = parse_policy(text)
        if anonymous and _blocks(settings, "RestrictPublicBuckets") and is_public(text):
            policy = tuple(statement for statement in policy if not statement.allow)
        return [policy]

    def lists_let_in(self, access: Access, params: Params, *, anonymous: bool) -> bool:
        """Whether the bucket's or the object's list allows everybody (or everybody who signed) what is asked for."""
        settings = self._settings(access)
        if _blocks(settings, "IgnorePublicAcls") or _is_enforced(settings):
            return False
        groups = {EVERYBODY} if anonymous else {EVERYBODY, AUTHENTICATED}
        wanted = _BY_BUCKET.get(access.action)
        if wanted is not None:
            return _grants(settings.get("Acl", ()), wanted, groups)
        wanted = _BY_OBJECT.get(access.action)
        if wanted is None or not settings:
            return False
        grants = self._object_list(access, params)
        return _grants(settings.get("Acl", ()), "READ", groups) if grants is None else _grants(grants, wanted, groups)

    def _object_list(self, access: Access, params: Params) -> list[dict[str, Any]] | None:
        """The object's list; None: there is no such object, which who may list the bucket may know."""
        bucket, _, key = access.resource.removeprefix(_ARN).partition("/")
        source = params.get("CopySource")
        version = params.get("VersionId") if source is None else str(source).partition("?versionId=")[2]
        chosen, more = ("version=?", (version,)) if version else ("number>?", (0,))
        row = self._store.execute(
            f"SELECT properties FROM s3_versions WHERE bucket=? AND key=? AND {chosen} ORDER BY number DESC LIMIT 1",  # noqa: S608 - ours
            (bucket, key, *more),
        ).fetchone()
        if row is None:
            return None
        found: list[dict[str, Any]] = json.loads(row[0]).get("Acl", [])
        return found

    def _settings(self, access: Access) -> dict[str, Any]:
        name = access.resource.removeprefix(_ARN).partition("/")[0]
        settings: dict[str, Any] = (self._buckets.get(name) or {"Settings": {}})["Settings"]
        return settings


def _blocks(settings: dict[str, Any], name: str) -> bool:
    return bool(settings.get("PublicAccessBlockConfiguration", {}).get(name))


def _is_enforced(settings: dict[str, Any]) -> bool:
    rules = settings.get("OwnershipControls", {}).get("Rules") or [{}]
    return bool(rules[0].get("ObjectOwnership") == "BucketOwnerEnforced")


def _grants(grants: Any, wanted: str, groups: set[str]) -> bool:
    return any(
        grant["Permission"] in (wanted, "FULL_CONTROL") and grant["Grantee"].get("URI") in groups for grant in grants
    )
