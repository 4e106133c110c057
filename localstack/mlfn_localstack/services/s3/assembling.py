"""Making an object of the parts of an upload."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import FileSlice
from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.checksums import UNASKED, announced_in, composite, member_of
from mlfn_localstack.services.s3.content import Content, checksum_of
from mlfn_localstack.services.s3.errors import bad_digest, invalid_part, invalid_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.blobs import Blobs
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.s3.upload_parts import Part

_MIN_PART_BYTES = 5 << 20

Upload = dict[str, Any]


def chosen_parts(upload: Upload, there: Mapping[int, Part], wanted: list[dict[str, Any]]) -> list[Part]:
    """The parts, of those that are there, that a completion names.

    Raises:
        ServiceError: MalformedXML, InvalidPartOrder, InvalidPart, InvalidRequest or EntityTooSmall.
    """
    if not wanted or any("PartNumber" not in part for part in wanted):
        raise malformed_xml()
    numbers = [part["PartNumber"] for part in wanted]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise ServiceError("InvalidPartOrder", message, fields={"UploadId": upload["UploadId"]})
    parts = [_chosen(upload, there, part) for part in wanted]
    for part in parts[:-1]:
        if part.size < _MIN_PART_BYTES:
            message = "Your proposed upload is smaller than the minimum allowed size"
            fields: dict[str, Any] = {"ProposedSize": part.size, "MinSizeAllowed": _MIN_PART_BYTES}
            fields |= {"PartNumber": part.number, "ETag": part.md5}
            raise ServiceError("EntityTooSmall", message, fields=fields)
    return parts


def join(blobs: Blobs, parts: list[Part]) -> Content:
    """The parts' content, one after the other, stored."""
    files = (FileSlice(path=blobs.path(part.sha256), offset=0, length=part.size) for part in parts)
    sha256, size = blobs.put_pieces(piece for file in files for piece in file.pieces())
    return Content(sha256=sha256, md5="", size=size)


async def assembled_checksum(
    blobs: Blobs, upload: Upload, parts: list[Part], content: Content, params: Params
) -> dict[str, str]:
    """The object's checksum as it is kept with it.

    Raises:
        ServiceError: BadDigest: it is not the announced one.
    """
    checksum = upload.get("checksum", {})
    if not checksum and "SSECustomerKeyMD5" in upload["properties"]:
        return {}
    member = member_of(checksum["ChecksumAlgorithm"]) if checksum else UNASKED
    kind = checksum.get("ChecksumType", "FULL_OBJECT")
    if kind == "COMPOSITE":
        found: str | None = composite(member, (part.checksum or "" for part in parts))
    else:
        found = await checksum_of(blobs.path(content.sha256), content.size, member)
    if checksum and not _is_as_told(params, member, kind, found):
        raise bad_digest(checksum["ChecksumAlgorithm"].lower())
    return {member: found, "ChecksumType": kind} if found else {}


def _is_as_told(params: Params, member: str, kind: str, found: str | None) -> bool:
    """Whether the completion's checksum, if it has one, is the object's; a whole object's is to be called that."""
    if kind == "COMPOSITE":
        return params.get(member, found) == found
    given = {name: params[name] for name in announced_in(params)}
    return not given or (given == {member: found} and (member == UNASKED or params.get("ChecksumType") == kind))


def checksum_member(upload: Upload) -> str | None:
    """The member that shows the checksums of an upload's parts, if it has any."""
    checksum = upload.get("checksum")
    return member_of(checksum["ChecksumAlgorithm"]) if checksum else None


def _chosen(upload: Upload, there: Mapping[int, Part], wanted: dict[str, Any]) -> Part:
    number, etag = wanted["PartNumber"], wanted.get("ETag", "").strip('"')
    found = there.get(number)
    if found is None or etag != found.md5:
        raise invalid_part(upload["UploadId"], number, etag)
    checksum = upload.get("checksum", {})
    if not checksum:
        if announced_in(wanted):
            raise invalid_part(upload["UploadId"], number, etag)
        return found
    member = member_of(checksum["ChecksumAlgorithm"])
    if checksum["ChecksumType"] == "COMPOSITE" and member not in wanted:
        raise invalid_request(
            f"The upload was created using a {checksum['ChecksumAlgorithm'].lower()} checksum. The complete request "
            f"must include the checksum for each part. It was missing for part {number} in the request."
        )
    if wanted.get(member, found.checksum) != found.checksum:
        raise invalid_part(upload["UploadId"], number, etag)
    return found
