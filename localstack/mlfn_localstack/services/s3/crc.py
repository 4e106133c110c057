"""CRC-32C and CRC-64/NVME, which the standard library lacks.

Long data is cut into lanes that advance together, a byte a step: `bytes.translate` looks up all lanes at once and
big integers add them. The lanes' registers are then joined, since a CRC without its initial value is linear.
Parameters: https://reveng.sourceforge.io/crc-catalogue/all.htm
"""

from __future__ import annotations

from functools import cache, reduce

_LANE_BYTES = 1024
_MIN_LANES = 16


@cache
def _steps(polynomial: int) -> tuple[int, ...]:
    """What each byte adds to the register of a reflected CRC."""
    steps = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = (crc >> 1) ^ (polynomial if crc & 1 else 0)
        steps.append(crc)
    return tuple(steps)


@cache
def _planes(polynomial: int, size: int) -> tuple[bytes, ...]:
    """The steps' first bytes, second bytes and so on, for `bytes.translate`."""
    return tuple(bytes(step >> (8 * place) & 255 for step in _steps(polynomial)) for place in range(size))


@cache
def _shifts(polynomial: int, size: int) -> tuple[tuple[int, ...], ...]:
    """What each byte of a register becomes over one lane of zeros, by its place and value."""
    steps = _steps(polynomial)
    bits = []
    for bit in range(8 * size):
        crc = 1 << bit
        for _ in range(_LANE_BYTES):
            crc = (crc >> 8) ^ steps[crc & 255]
        bits.append(crc)
    return tuple(
        tuple(
            reduce(int.__xor__, (bits[8 * place + bit] for bit in range(8) if value >> bit & 1), 0)
            for value in range(256)
        )
        for place in range(size)
    )


class Crc:
    """A running checksum; initial and final value are all ones, as both have it."""

    def __init__(self, polynomial: int, size: int) -> None:
        self._polynomial = polynomial
        self._size = size
        self._ones = (1 << (8 * size)) - 1
        self._crc = self._ones

    def update(self, data: bytes) -> None:
        """Take more bytes."""
        lanes = len(data) // _LANE_BYTES
        done = lanes * _LANE_BYTES if lanes >= _MIN_LANES else 0
        if done:
            self._join(self._advance(data[:done], lanes), lanes)
        steps, crc = _steps(self._polynomial), self._crc
        for byte in memoryview(data)[done:]:
            crc = (crc >> 8) ^ steps[(crc ^ byte) & 255]
        self._crc = crc

    def digest(self) -> bytes:
        """The checksum of everything so far, in network order as S3 encodes it."""
        return (self._crc ^ self._ones).to_bytes(self._size, "big")

    def _advance(self, data: bytes, lanes: int) -> list[bytes]:
        """The register of each lane by itself, all their first bytes, all their second bytes and so on."""
        planes = _planes(self._polynomial, self._size)
        state = [0] * (self._size + 1)
        for position in range(_LANE_BYTES):
            column = int.from_bytes(data[position::_LANE_BYTES], "little")
            index = (state[0] ^ column).to_bytes(lanes, "little")
            for place, plane in enumerate(planes):
                state[place] = state[place + 1] ^ int.from_bytes(index.translate(plane), "little")
        return [plane.to_bytes(lanes, "little") for plane in state[: self._size]]

    def _join(self, registers: list[bytes], lanes: int) -> None:
        shifts, crc = _shifts(self._polynomial, self._size), self._crc
        for lane in range(lanes):
            shifted = 0
            for place, register in enumerate(registers):
                shifted ^= shifts[place][crc >> (8 * place) & 255] ^ (register[lane] << (8 * place))
            crc = shifted
        self._crc = crc


def crc32c() -> Crc:
    """CRC-32C (Castagnoli; RFC 3720)."""
    return Crc(0x82F63B78, 4)


def crc64nvme() -> Crc:
    """CRC-64/NVME."""
    return Crc(0x9A6C9329AC4BC9B5, 8)


SLOW = {"ChecksumCRC32C": crc32c, "ChecksumCRC64NVME": crc64nvme}
"""By the member that announces them; computed only then."""
