"""Checkpoints: what was in the trail when, in the form of https://c2sp.org/tlog-checkpoint (docs/audit-trail.md §3)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mlfn_audit.merkle import Peaks
from mlfn_audit.note import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_audit.note import PublicKey

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
_DIGEST = r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_COUNT = r"0|[1-9][0-9]{0,15}"
_TEXT = re.compile(
    rf"(?P<origin>[^\s+]+)\n(?P<size>{_COUNT})\n(?P<root>{_DIGEST})\nnumber (?P<number>[1-9][0-9]{{0,15}})\n"
    rf"window (?P<since>{_TIME}) (?P<until>{_TIME})\ncontents (?P<contents>{_DIGEST})\n"
    rf"expires (?P<first>{_COUNT}) (?P<last>{_COUNT})\n(?:previous (?P<previous>{_DIGEST})\n)?"
)
_RUN = re.compile(rf"w ([A-Za-z0-9_-]{{1,64}}) ({_COUNT}) ({_COUNT}) ([A-Za-z0-9_-]{{43}})")
_LOOSE = re.compile(r"r ([A-Za-z0-9_-]{1,64}) ([a-z2-7]{26}) ([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A writer's records from `first` to `last`, and the hash of the last: its head."""

    writer: str
    first: int
    last: int
    head: str
    """Base64url, as records have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """A record that is in no writer's chain: derived from the log by the platform."""

    writer: str
    id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a checkpoint adds to the tree: its leaves are the hashes of these records, in this order."""

    runs: tuple[Run, ...]
    loose: tuple[Loose, ...]

    @property
    def size(self) -> int:
        """How many records these are."""
        return sum(run.last - run.first + 1 for run in self.runs) + len(self.loose)

    def to_text(self) -> str:
        """One line for each run and each loose record: what `Checkpoint.contents` is the SHA-256 of."""
        runs = [f"w {run.writer} {run.first} {run.last} {run.head}\n" for run in self.runs]
        return "".join([*runs, *[f"r {each.writer} {each.id} {each.digest}\n" for each in self.loose]])

    @classmethod
    def parse(cls, text: str) -> Contents:
        """The contents that such lines stand for.

        Raises:
            ValueError: a line is of another form.
        """
        runs, loose = [], []
        for line in text.splitlines():
            if match := _RUN.fullmatch(line):
                writer, first, last, head = match.groups()
                runs.append(Run(writer=writer, first=int(first), last=int(last), head=head))
            elif match := _LOOSE.fullmatch(line):
                writer, record, digest = match.groups()
                loose.append(Loose(writer=writer, id=record, digest=digest))
            else:
                raise ValueError(f"unknown line {line!r} in a checkpoint's contents")
        contents = cls(runs=tuple(runs), loose=tuple(loose))
        if contents.to_text() != text or any(run.first > run.last for run in runs):
            raise ValueError("the contents of a checkpoint are not in their form")
        return contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The whole trail up to a moment, in one root hash."""

    origin: str
    size: int
    root: bytes
    number: int
    """From 1, without gaps."""
    since: str
    until: str
    contents: bytes
    """SHA-256 of the text of what this checkpoint adds."""
    expires: tuple[int, int]
    """When the first and the last of these records may be deleted, in seconds since 1970."""
    previous: bytes | None = None
    """SHA-256 of the previous checkpoint's text."""

    @property
    def digest(self) -> bytes:
        """The SHA-256 of its text."""
        return sha256(self.to_text().encode()).digest()

    def to_text(self) -> str:
        """The note's text."""
        lines = [
            self.origin,
            str(self.size),
            _base64(self.root),
            f"number {self.number}",
            f"window {self.since} {self.until}",
            f"contents {_base64(self.contents)}",
            f"expires {self.expires[0]} {self.expires[1]}",
            *([f"previous {_base64(self.previous)}"] if self.previous else []),
        ]
        return "".join([line + "\n" for line in lines])

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint that a note's text is.

        Raises:
            ValueError: it is none of ours.
        """
        match = _TEXT.fullmatch(text)
        if not match:
            raise ValueError("not a checkpoint of an audit trail")
        previous = match["previous"]
        return cls(
            origin=match["origin"],
            size=int(match["size"]),
            root=base64.b64decode(match["root"]),
            number=int(match["number"]),
            since=match["since"],
            until=match["until"],
            contents=base64.b64decode(match["contents"]),
            expires=(int(match["first"]), int(match["last"])),
            previous=base64.b64decode(previous) if previous else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A signed checkpoint with what it adds, and the tree's peaks after it: one object of the locked bucket."""

    note: str
    contents: str
    peaks: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        """The object's content."""
        return {"note": self.note, "contents": self.contents, "peaks": [_base64(peak) for peak in self.peaks]}

    def to_bytes(self) -> bytes:
        """The object's content as bytes."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, value: object) -> Sealed:
        """The sealed checkpoint that an object holds.

        Raises:
            ValueError: it is of another form.
        """
        match value:
            case {"note": str(note), "contents": str(contents), "peaks": [*peaks], **rest} if not rest:
                return cls(note=note, contents=contents, peaks=tuple(_peaks(peaks)))
            case _:
                raise ValueError("not a sealed checkpoint")

    @classmethod
    def from_bytes(cls, data: bytes) -> Sealed:
        """The sealed checkpoint that an object's bytes hold.

        Raises:
            ValueError: they are of another form.
        """
        return cls.from_json(json.loads(data))

    def opened(self, key: PublicKey) -> OpenedCheckpoint:
        """What was signed, with what belongs to it.

        Raises:
            ValueError: the key has not signed it, or contents or peaks are not those that were signed.
        """
        checkpoint = Checkpoint.parse(opened(self.note, key))
        if checkpoint.origin != key.name:
            raise ValueError(f"it is of {checkpoint.origin}, not of {key.name}")
        if sha256(self.contents.encode()).digest() != checkpoint.contents:
            raise ValueError("its contents are not those that were signed")
        peaks = Peaks(size=checkpoint.size, hashes=self.peaks)
        if peaks.root != checkpoint.root:
            raise ValueError("its peaks are not those of the signed root")
        return OpenedCheckpoint(checkpoint=checkpoint, contents=Contents.parse(self.contents), peaks=peaks)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCheckpoint:
    """A checkpoint whose signature, contents and peaks have been checked."""

    checkpoint: Checkpoint
    contents: Contents
    peaks: Peaks


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _peaks(texts: Iterable[object]) -> list[bytes]:
    peaks = []
    for text in texts:
        try:
            peak = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
        except binascii.Error:
            peak = b""
        if len(peak) != 32:
            raise ValueError("a peak is not 32 bytes of base64")
        peaks.append(peak)
    return peaks
