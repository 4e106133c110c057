"""The Merkle tree beside RFC 6962's definition and Certificate Transparency's published test data."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn_audit.merkle import EMPTY_ROOT, Peaks, Tree, verify_inclusion

# github.com/google/certificate-transparency, merkletree tests: inputs and the roots of their first n
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(min_value=0, max_value=70)


def leaves(size: int) -> list[bytes]:
    return [sha256(str(number).encode()).digest() for number in range(size)]


def defined(data: list[bytes]) -> bytes:
    """MTH(D[n]) word by word (RFC 6962 §2.1)."""
    if not data:
        return sha256().digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\x01" + defined(data[:k]) + defined(data[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert Peaks().extended(INPUTS[:size]).root.hex() == ROOTS[size]
    assert Tree(Peaks(), INPUTS[:size]).root.hex() == ROOTS[size]


@given(SIZES, SIZES)
def test_a_tree_grown_in_steps_has_the_defined_root(first: int, more: int) -> None:
    data = leaves(first + more)
    peaks = Peaks().extended(data[:first])

    assert peaks.extended(data[first:]).root == defined(data)
    assert Tree(peaks, data[first:]).root == defined(data)


@given(SIZES, st.integers(min_value=1, max_value=70))
def test_every_new_leaf_has_a_proof_that_holds_for_it_alone(first: int, more: int) -> None:
    data = leaves(first + more)
    tree = Tree(Peaks().extended(data[:first]), data[first:])
    for index in range(first, first + more):
        path = tree.inclusion_proof(index)

        assert verify_inclusion(data[index], index, tree.size, path, tree.root)
        assert not verify_inclusion(data[index - 1], index, tree.size, path, tree.root) or tree.size == 1
        assert not verify_inclusion(data[index], index + 1, tree.size, path, tree.root)
        assert not verify_inclusion(data[index], index, tree.size, [*path, data[0]], tree.root)


def test_an_inner_node_is_no_leaf() -> None:
    data = leaves(4)
    tree = Tree(Peaks(), data)
    left, right = (sha256(b"\x00" + each).digest() for each in data[:2])
    path = tree.inclusion_proof(0)

    assert not verify_inclusion(left + right, 0, 2, path[1:], tree.root)


def test_peaks_fit_their_size() -> None:
    with pytest.raises(ValueError, match="2 peaks, not 1"):
        Peaks(size=3, hashes=(EMPTY_ROOT,))


def test_leaves_before_the_peaks_have_no_proof() -> None:
    with pytest.raises(IndexError):
        Tree(Peaks().extended(leaves(3)), leaves(2)).inclusion_proof(2)
