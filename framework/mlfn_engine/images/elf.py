"""What a shared library asks of the machine and of the C library (System V ABI; LSB, symbol versioning)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

MAGIC = b"\x7fELF"
_GLIBC = "GLIBC_"
_LOAD, _DYNAMIC = 1, 2
_STRTAB = 5
_VERDEF, _VERDEFNUM = 0x6FFFFFFC, 0x6FFFFFFD
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_TABLE_LIMIT = 4096
"""No library has more versions; one that says so is not to be believed."""


class Machine(IntEnum):
    """The processors that functions run on, as ELF numbers them."""

    X86_64 = 0x3E
    ARM64 = 0xB7


class NotElfError(ValueError):
    """These bytes are no 64-bit little-endian ELF file, or a damaged one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """What an ELF file says of itself."""

    machine: int
    needs: tuple[str, ...]
    """Symbol versions of other libraries, such as `GLIBC_2.34`."""
    defines: tuple[str, ...]
    """Symbol versions of its own."""

    @property
    def needed_glibc(self) -> tuple[int, ...]:
        """The oldest C library it can be loaded with; empty if it asks for none."""
        return newest(self.needs)

    @property
    def defined_glibc(self) -> tuple[int, ...]:
        """The version of a C library; empty if it is none."""
        return newest(self.defines)


def newest(names: tuple[str, ...]) -> tuple[int, ...]:
    """The newest of the C library's symbol versions among these."""
    numbers = (name.removeprefix(_GLIBC).split(".") for name in names if name.startswith(_GLIBC))
    return max((tuple(map(int, parts)) for parts in numbers if all(map(str.isdecimal, parts))), default=())


def read_elf(content: bytes | mmap) -> Binary:
    """What an ELF file says of itself.

    Raises:
        NotElfError: it is none, or damaged.
    """
    if content[:6] != MAGIC + b"\x02\x01":
        raise NotElfError("not a 64-bit little-endian ELF file")
    try:
        return _Reader(content).binary()
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise NotElfError(f"damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    content: bytes | mmap

    def binary(self) -> Binary:
        (machine,) = struct.unpack_from("<H", self.content, 18)
        segments = list(self._segments())
        dynamic = self._dynamic(segments)
        strings = self._place(segments, dynamic.get(_STRTAB, 0))
        needs = self._needs(self._place(segments, dynamic.get(_VERNEED, 0)), dynamic.get(_VERNEEDNUM, 0), strings)
        defines = self._defines(self._place(segments, dynamic.get(_VERDEF, 0)), dynamic.get(_VERDEFNUM, 0), strings)
        return Binary(machine=machine, needs=tuple(needs), defines=tuple(defines))

    def _segments(self) -> Iterator[tuple[int, int, int, int]]:
        """Type, offset, address and size in the file of each."""
        (offset,) = struct.unpack_from("<Q", self.content, 32)
        size, count = struct.unpack_from("<HH", self.content, 54)
        for number in range(count):
            kind, _, start, address, _, length = struct.unpack_from("<IIQQQQ", self.content, offset + number * size)
            yield kind, start, address, length

    def _dynamic(self, segments: list[tuple[int, int, int, int]]) -> dict[int, int]:
        for kind, start, _, length in segments:
            if kind == _DYNAMIC:
                end = min(start + length, len(self.content)) - 15
                return dict(struct.unpack_from("<QQ", self.content, at) for at in range(start, end, 16))
        return {}

    def _place(self, segments: list[tuple[int, int, int, int]], address: int) -> int:
        """Where in the file an address of the loaded program is; 0 where it is not."""
        for kind, start, begins, length in segments:
            if kind == _LOAD and begins <= address < begins + length:
                return start + address - begins
        return 0

    def _needs(self, at: int, count: int, strings: int) -> Iterator[str]:
        for _ in range(min(count, _TABLE_LIMIT) if at else 0):
            _, entries, _, first, following = struct.unpack_from("<HHIII", self.content, at)
            entry = at + first
            for _ in range(min(entries, _TABLE_LIMIT)):
                _, _, _, name, step = struct.unpack_from("<IHHII", self.content, entry)
                yield self._text(strings + name)
                entry += step
            at += following

    def _defines(self, at: int, count: int, strings: int) -> Iterator[str]:
        for _ in range(min(count, _TABLE_LIMIT) if at else 0):
            _, _, _, _, _, first, following = struct.unpack_from("<HHHHIII", self.content, at)
            (name,) = struct.unpack_from("<I", self.content, at + first)
            yield self._text(strings + name)
            at += following

    def _text(self, at: int) -> str:
        return self.content[at : self.content.find(b"\0", at)].decode("ascii")
