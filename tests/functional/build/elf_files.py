"""Small shared libraries that ask for, or define, versions of symbols; nothing else is in them."""

from __future__ import annotations

import struct

X86_64, ARM64 = 0x3E, 0xB7
_HEADER, _SEGMENT = 64, 56


def elf(machine: int = X86_64, *, needs: tuple[str, ...] = (), defines: tuple[str, ...] = ()) -> bytes:
    """An ELF file for a processor (System V ABI, chapters 4 and 5)."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in ("libc.so.6", *needs, *defines))
    start = _HEADER + 2 * _SEGMENT
    need, define = _needs(strings, needs), _defines(strings, defines)
    at_need = start + len(strings)
    at_define = at_need + len(need)
    at_dynamic = at_define + len(define)
    entries = [(5, start)]
    entries += [(0x6FFFFFFE, at_need), (0x6FFFFFFF, 1)] if needs else []
    entries += [(0x6FFFFFFC, at_define), (0x6FFFFFFD, len(defines))] if defines else []
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in (*entries, (0, 0)))
    size = at_dynamic + len(dynamic)
    header = (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    )
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    place = struct.pack("<IIQQQQQQ", 2, 4, at_dynamic, at_dynamic, at_dynamic, len(dynamic), len(dynamic), 8)
    return header + load + place + strings + need + define + dynamic


def _needs(strings: bytes, names: tuple[str, ...]) -> bytes:
    head = struct.pack("<HHIII", 1, len(names), strings.find(b"libc.so.6"), 16, 0)
    return head + b"".join(struct.pack("<IHHII", 0, 0, 2, _at(strings, name), 16) for name in names)


def _defines(strings: bytes, names: tuple[str, ...]) -> bytes:
    return b"".join(
        struct.pack("<HHHHIII", 1, 0, number, 1, 0, 20, 28) + struct.pack("<II", _at(strings, name), 0)
        for number, name in enumerate(names)
    )


def _at(strings: bytes, name: str) -> int:
    return strings.find(b"\0" + name.encode() + b"\0") + 1
