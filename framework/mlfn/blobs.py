"""`mlfn.Blob`: a file or an image as a typed field; large ones travel by reference, their content lies in S3."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from mlfn.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import IO, Any, Protocol

    class Home(Protocol):
        """Where content is that does not travel along."""

        def put(self, content: bytes, content_type: str, digest: str) -> str:
            """Keep content; gives its name."""

        def get(self, name: str) -> bytes:
            """The content of that name."""

        def open(self, name: str, size: int, digest: str) -> IO[bytes]:
            """The content of that name as a file on disk."""


Content = bytes  # inside the class, `bytes` is a property
LARGEST_INLINE = 4_096
"""Bytes of content that travel along; more is kept in S3, where there is an S3."""
ANYTHING = "application/octet-stream"
LARGEST_IN_MEMORY = 4 * 1024 * 1024
"""Bytes of content that `open` reads at once; more of it goes to a file on disk."""
SCHEMA_MARK = "x-mlfn-blob"
_home: list[Home] = []
"""A deployed function's, once it has started."""


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A file or image: what it is, how large, its SHA-256, and its content or where that is."""

    content_type: str
    """A media type, such as `image/png`."""
    size: int
    """Bytes of the content."""
    digest: str
    """SHA-256 of the content, in hexadecimal digits."""
    at: str | None = field(default=None, compare=False)
    """The name under which the app keeps the content."""
    content: str | None = field(default=None, compare=False, repr=False)
    """The content itself, as base64."""

    @classmethod
    def from_bytes(cls, content: Content, content_type: str = ANYTHING) -> Blob:
        """A blob of these bytes; more than 4,096 of them are put into the app's bucket where a function is deployed.

        Raises:
            DataError: the bucket does not take them.
        """
        digest = sha256(content).hexdigest()
        at = text = None
        if _home and len(content) > LARGEST_INLINE:
            at = _home[0].put(content, content_type, digest)
        else:
            text = b64encode(content).decode()
        made = cls(content_type=content_type, size=len(content), digest=digest, at=at, content=text)
        made._remember(content)
        return made

    @classmethod
    def from_path(cls, path: str | PathLike[str], content_type: str | None = None) -> Blob:
        """A blob of a file's content; what it is, its name tells if you do not.

        Raises:
            OSError: the file cannot be read.
            DataError: the app's bucket does not take it.
        """
        from mimetypes import guess_type  # noqa: PLC0415 - reads the machine's tables

        return cls.from_bytes(Path(path).read_bytes(), content_type or guess_type(str(path))[0] or ANYTHING)

    @property
    def bytes(self) -> Content:
        """The content, held to its digest.

        Raises:
            DataError: it is not there, or not what it says it is.
        """
        known = self.__dict__.get("_known")
        if known is None:
            known = self._read()
            if len(known) != self.size or sha256(known).hexdigest() != self.digest:
                raise DataError("The content of a blob is not what its digest says.", hint="Make or upload it again.")
            self._remember(known)
        content: Content = known
        return content

    def read(self) -> Content:
        """The same as `bytes`."""
        return self.bytes

    def open(self) -> IO[Content]:
        """The content as a file, such as `PIL.Image.open` takes; a large one is on disk and never whole in memory.

        Raises:
            DataError: it is not there, or not what it says it is.
        """
        if self.at is None or self.size <= LARGEST_IN_MEMORY or "_known" in self.__dict__ or not _home:
            return BytesIO(self.bytes)
        return _home[0].open(self.at, self.size, self.digest)

    def _read(self) -> Content:
        if self.content is not None:
            try:
                return b64decode(self.content, validate=True)
            except ValueError as error:
                raise DataError("The content of a blob is not base64.", hint="Make it with Blob.from_bytes.") from error
        if self.at is None:
            raise DataError("A blob has no content.", hint="Make it with Blob.from_bytes or Blob.from_path.")
        if not _home:
            raise DataError("This blob's content is in the app's bucket.", hint="Get it with mlfn.Client, or deployed.")
        return _home[0].get(self.at)

    def _remember(self, content: Content) -> None:
        self.__dict__["_known"] = content

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Its JSON Schema, in words for callers."""
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core))
        schema |= {"description": cls.__doc__, SCHEMA_MARK: True}
        schema["properties"]["digest"] |= {"pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the content."}
        schema["properties"]["at"]["description"] = "Where the content is: what the route …/blobs said, or null."
        schema["properties"]["content"] |= {"contentEncoding": "base64", "description": "The content, or null."}
        return schema


def keep_in(home: Home) -> None:
    """Let large content lie there from now on."""
    _home[:] = [home]
