"""The ways AWS writes a point in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

WHOLE_SECONDS = "iso8601 in seconds"
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?([eE][+-]?\d{1,2})?")


def parse_timestamp(value: str | float) -> datetime:
    """A time in any of the three forms.

    Raises:
        ValueError: it is none of them.
    """
    if isinstance(value, (int, float)) or _NUMBER.fullmatch(value):
        try:
            return datetime.fromtimestamp(float(value), UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{value} is out of range") from error
    if value[:4].isdigit():
        moment = datetime.fromisoformat(value)
    else:
        try:
            moment = parsedate_to_datetime(value)
        except (TypeError, IndexError) as error:
            raise ValueError(f"{value!r} is not a time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_timestamp(moment: datetime | float | str, form: str) -> str | float:
    """A time as `iso8601`, `rfc822` or `unixTimestamp`; numbers are seconds since 1970, text is taken as it is.

    `WHOLE_SECONDS` is `iso8601` as IAM, STS and API Gateway write it, who keep no smaller parts.
    """
    if isinstance(moment, str):
        return moment
    if isinstance(moment, (int, float)):
        moment = datetime.fromtimestamp(moment, UTC)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    match form:
        case "unixTimestamp":
            seconds = moment.timestamp()
            return int(seconds) if seconds.is_integer() else round(seconds, 3)
        case "rfc822":
            return format_datetime(moment.replace(microsecond=0), usegmt=True)
        case form if form == WHOLE_SECONDS:
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
