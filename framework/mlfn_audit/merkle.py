"""An append-only Merkle tree (RFC 6962 §2.1): roots, inclusion proofs and their verification.

A tree of n leaves is held as its peaks: the roots of the complete subtrees that n's binary digits name, the largest
first. They are enough to append, and with the leaves appended since, to prove.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """A tree by its size and the roots of its complete subtrees, the largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.hashes) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has {self.size.bit_count()} peaks, not {len(self.hashes)}")

    @property
    def root(self) -> bytes:
        """The tree's root hash."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def extended(self, leaves: Iterable[bytes]) -> Peaks:
        """The tree with these leaves' data after its own."""
        stack, size = list(self.hashes), self.size
        for data in leaves:
            node, ones = sha256(b"\x00" + data).digest(), size
            while ones & 1:
                node = sha256(b"\x01" + stack.pop() + node).digest()
                ones >>= 1
            stack.append(node)
            size += 1
        return Peaks(size=size, hashes=tuple(stack))


class Tree:
    """The peaks of a tree and the leaves appended since: what proofs about those leaves need."""

    def __init__(self, peaks: Peaks, leaves: Sequence[bytes]) -> None:
        self._start = peaks.size
        self._leaves = [leaf_hash(data) for data in leaves]
        self.size = peaks.size + len(leaves)
        self._known: dict[tuple[int, int], bytes] = {}
        start = 0
        for power, peak in zip(_powers(peaks.size), peaks.hashes, strict=True):
            self._known[start, start + power] = peak
            start += power

    @property
    def root(self) -> bytes:
        """The root hash of the whole."""
        return self._root(0, self.size) if self.size else EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The audit path of a leaf (RFC 6962 §2.1.1), from the leaf up.

        Raises:
            IndexError: the leaf is not among those appended to the peaks.
        """
        if not self._start <= index < self.size:
            raise IndexError(index)
        path: list[bytes] = []
        first, end = 0, self.size
        while end - first > 1:
            middle = first + _split(end - first)
            if index < middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(first, middle))
                first = middle
        return path[::-1]

    def _root(self, first: int, end: int) -> bytes:
        known = self._known.get((first, end))
        if known is None:
            if end - first == 1:
                known = self._leaves[first - self._start]
            else:
                middle = first + _split(end - first)
                known = node_hash(self._root(first, middle), self._root(middle, end))
            self._known[first, end] = known
        return known


def verify_inclusion(data: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a path proves that leaf `index` of a tree of this size and root is `data` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, place, last = leaf_hash(data), index, size - 1
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _powers(size: int) -> list[int]:
    return [1 << bit for bit in range(size.bit_length() - 1, -1, -1) if size >> bit & 1]
