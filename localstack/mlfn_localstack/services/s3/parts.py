"""The parts that an object was uploaded in."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.s3.errors import invalid_argument, invalid_part_number, invalid_request

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.s3.model import Version

_MAX_PARTS = 1000
_MOST = 2_147_483_647


def parts_of(version: Version) -> list[dict[str, Any]]:
    """Number, size and checksum of each; none if it was put as a whole."""
    found: list[dict[str, Any]] = version.properties.get("Parts", [])
    return found


def chosen_part(params: Params, version: Version) -> tuple[int, int] | None:
    """First and last byte of the part whose number is asked for, if one is.

    Raises:
        ServiceError: InvalidPartNumber, or InvalidRequest beside a range.
    """
    number = params.get("PartNumber")
    if number is None:
        return None
    if "Range" in params:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")
    parts = parts_of(version) or [{"PartNumber": 1, "Size": version.size}]
    ends = pairwise(accumulate((part["Size"] for part in parts), initial=0))
    for part, (first, end) in zip(parts, ends, strict=True):
        if part["PartNumber"] == number:
            return (first, end - 1) if end > first else None
    raise invalid_part_number(number, len(parts))


def shown_parts(version: Version, params: Params) -> Result | None:
    """GetObjectAttributes' page of parts; only composite checksums come with the parts' own."""
    parts = parts_of(version)
    if not parts:
        return None
    result: Result = {"TotalPartsCount": len(parts)}
    if version.properties.get("ChecksumType") != "COMPOSITE":
        return result
    return result | page_of(parts, params.get("PartNumberMarker"), params.get("MaxParts"))


def page_of(parts: list[dict[str, Any]], marker: object, limit: int | None) -> Result:
    """The parts after a number, so many of them, and where to go on."""
    after, most = bounds(marker, limit)
    return page([part for part in parts if part["PartNumber"] > after], after, most)


def bounds(marker: object, limit: int | None) -> tuple[int, int]:
    """The number after which a page of parts begins, and how many it has at most.

    Raises:
        ServiceError: InvalidArgument.
    """
    after = int(str(marker or 0))
    check_count("part-number-marker", after)
    check_count("max-parts", limit or 0)
    return after, _MAX_PARTS if limit is None else min(limit, _MAX_PARTS)


def page(following: list[dict[str, Any]], after: int, most: int) -> Result:
    """A page of the parts that follow a number, of which there is at least one more if there are more."""
    shown = following[:most]
    return {
        "IsTruncated": len(following) > most,
        "MaxParts": most,
        "NextPartNumberMarker": shown[-1]["PartNumber"] if shown else 0,
        "PartNumberMarker": after,
        "Parts": shown,
    }


def check_count(name: str, value: int) -> None:
    """That a number that a listing is asked with is one that S3 counts with.

    Raises:
        ServiceError: InvalidArgument.
    """
    if value < 0:
        message = f"Argument {name} must be an integer between 0 and {_MOST}"
    elif value > _MOST:
        message = f"Provided {name} not an integer or within integer range"
    else:
        return
    raise invalid_argument(message, name=name, value=value)
