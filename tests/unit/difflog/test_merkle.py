"""The Merkle tree reproduces the public RFC 6962 roots, and its proofs show what they should and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from dualwitness.difflog.merkle import EMPTY_ROOT, MerkleTree, leaf_hash, verify_consistency, verify_inclusion

LARGEST = 300

# The inputs, roots and proofs of the reference tests of Certificate Transparency (RFC 6962, "merkletree" tests).
PUBLIC_LEAVES = tuple(
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
)
PUBLIC_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
PUBLIC_INCLUSION = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
PUBLIC_CONSISTENCY = {
    (1, 1): (),
    (1, 8): PUBLIC_INCLUSION[(0, 8)],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}


def leaves_of(count: int) -> list[bytes]:
    """As many leaf hashes, all different."""
    return [leaf_hash(b"line %d" % index) for index in range(count)]


def defined_root(lines: list[bytes]) -> bytes:
    """MTH as RFC 6962 section 2.1 defines it, word for word: the judge of the tree."""
    if len(lines) < 2:
        return sha256(b"\x00" + lines[0]).digest() if lines else sha256(b"").digest()
    split = max(1 << power for power in range(20) if 1 << power < len(lines))
    return sha256(b"\x01" + defined_root(lines[:split]) + defined_root(lines[split:])).digest()


def sampled(first: int, last: int) -> Iterator[int]:
    """All of a short range, of a long one both ends, the places around powers of two, and every thirteenth."""
    edges = {1 << power for power in range(10)}
    near = {edge + step for edge in edges for step in (-1, 0, 1)} | {last, last - 1, last // 2}
    yield from (one for one in range(first, last + 1) if last <= 40 or one in near or one % 13 == 0)


def damaged(proof: list[bytes]) -> Iterator[list[bytes]]:
    """The same proof with one thing wrong: a bit, a hash too few, one too many, two exchanged, a seam moved."""
    yield [*proof, bytes(32)]
    yield [bytes(32), *proof]
    for place in range(len(proof)):
        step = proof[place]
        yield [*proof[:place], bytes((step[0] ^ 1, *step[1:])), *proof[place + 1 :]]
        yield [*proof[:place], *proof[place + 1 :]]
        yield [*proof[:place], step[:-1], *proof[place + 1 :]]
    if len(proof) > 1:
        yield [proof[1], proof[0], *proof[2:]]


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    """The tree over three hundred leaves."""
    return MerkleTree(leaves_of(LARGEST))


def public_tree() -> MerkleTree:
    """The tree of the reference tests."""
    return MerkleTree(map(leaf_hash, PUBLIC_LEAVES))


def test_roots_of_the_public_leaves_are_the_public_roots() -> None:
    """All nine roots, from the empty tree to eight leaves, from one tree and from a tree of each size."""
    assert [public_tree().root(size).hex() for size in range(9)] == list(PUBLIC_ROOTS)
    sizes = range(9)
    assert [MerkleTree(map(leaf_hash, PUBLIC_LEAVES[:size])).root().hex() for size in sizes] == list(PUBLIC_ROOTS)
    assert EMPTY_ROOT.hex() == PUBLIC_ROOTS[0]


@pytest.mark.parametrize(("place", "expected"), PUBLIC_INCLUSION.items())
def test_inclusion_proofs_of_the_public_leaves_are_the_public_proofs(
    place: tuple[int, int], expected: tuple[str, ...]
) -> None:
    """Our proof is the published one, and verifies against the published root."""
    index, size = place
    proof = public_tree().inclusion_proof(index, size)
    assert tuple(step.hex() for step in proof) == expected
    assert verify_inclusion(leaf_hash(PUBLIC_LEAVES[index]), index, size, proof, bytes.fromhex(PUBLIC_ROOTS[size]))


@pytest.mark.parametrize(("sizes", "expected"), PUBLIC_CONSISTENCY.items())
def test_consistency_proofs_of_the_public_leaves_are_the_public_proofs(
    sizes: tuple[int, int], expected: tuple[str, ...]
) -> None:
    """Our proof is the published one, and verifies between the published roots."""
    old, size = sizes
    proof = public_tree().consistency_proof(old, size)
    assert tuple(step.hex() for step in proof) == expected
    roots = (bytes.fromhex(PUBLIC_ROOTS[old]), bytes.fromhex(PUBLIC_ROOTS[size]))
    assert verify_consistency(old, size, proof, *roots)


def test_roots_of_every_size_are_those_of_the_definition(tree: MerkleTree) -> None:
    """Sizes 0 to 300, against the recursive definition of the RFC."""
    lines = [b"line %d" % index for index in range(LARGEST)]
    assert [tree.root(size) for size in range(LARGEST + 1)] == [
        defined_root(lines[:size]) for size in range(LARGEST + 1)
    ]


def test_inclusion_proofs_of_every_size_verify(tree: MerkleTree) -> None:
    """Sizes 1 to 300: the proof of every leaf that is asked holds, and is as short as the tree is high."""
    leaves = leaves_of(LARGEST)
    for size in range(1, LARGEST + 1):
        root = tree.root(size)
        for index in sampled(0, size - 1):
            proof = tree.inclusion_proof(index, size)
            assert len(proof) <= (size - 1).bit_length()
            assert verify_inclusion(leaves[index], index, size, proof, root), (index, size)


def test_consistency_proofs_of_every_size_verify(tree: MerkleTree) -> None:
    """Sizes 1 to 300: the proof from every older size that is asked holds."""
    for size in range(1, LARGEST + 1):
        for old in sampled(1, size):
            proof = tree.consistency_proof(old, size)
            assert verify_consistency(old, size, proof, tree.root(old), tree.root(size)), (old, size)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 100, 257, LARGEST])
def test_wrong_inclusion_proofs_are_refused(tree: MerkleTree, size: int) -> None:
    """Another leaf, place, size or root, and every damaged proof, is refused."""
    leaves, root = leaves_of(LARGEST), tree.root(size)
    for index in sampled(0, size - 1):
        proof = tree.inclusion_proof(index, size)
        assert not verify_inclusion(leaf_hash(b"another line"), index, size, proof, root)
        assert not verify_inclusion(leaves[index], index, size, proof, tree.root(size - 1))
        assert not verify_inclusion(leaves[index], index, index, proof, root)
        for place in {-1, index - 1, index + 1, size} - {index}:
            assert not verify_inclusion(leaves[index], place, size, proof, root)
        for wrong in damaged(proof):
            assert not verify_inclusion(leaves[index], index, size, wrong, root)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 100, 257, LARGEST])
def test_wrong_consistency_proofs_are_refused(tree: MerkleTree, size: int) -> None:
    """Another old root, new root or size, and every damaged proof, is refused."""
    root, other = tree.root(size), leaf_hash(b"another root")
    for old in sampled(1, size):
        proof, old_root = tree.consistency_proof(old, size), tree.root(old)
        assert not verify_consistency(old, size, proof, other, root)
        assert not verify_consistency(old, size, proof, old_root, other)
        assert not verify_consistency(old - 1, size, proof, old_root, root)
        assert not verify_consistency(size + 1, size, proof, old_root, root)
        for wrong in damaged(proof):
            assert not verify_consistency(old, size, wrong, old_root, root)


def test_a_consistency_proof_without_hashes_between_two_sizes_is_refused(tree: MerkleTree) -> None:
    """From three to eight something must be shown; two equal roots of different sizes are no proof."""
    assert not verify_consistency(3, 8, [], tree.root(3), tree.root(8))
    assert not verify_consistency(3, 8, [], tree.root(8), tree.root(8))
    assert not verify_consistency(4, 8, [], tree.root(8), tree.root(8))


def test_the_empty_tree_is_the_beginning_of_every_tree(tree: MerkleTree) -> None:
    """It needs no proof, but its root must be the root of an empty tree."""
    assert verify_consistency(0, 5, [], EMPTY_ROOT, tree.root(5))
    assert not verify_consistency(0, 5, [], tree.root(5), tree.root(5))
    assert not verify_consistency(0, 5, [bytes(32)], EMPTY_ROOT, tree.root(5))


def test_a_node_cannot_pass_for_a_leaf(tree: MerkleTree) -> None:
    """The prefixes 0x00 and 0x01 keep apart what is a line and what is two hashes (RFC 6962 section 2.1)."""
    left, right = leaves_of(2)
    assert tree.root(2) != leaf_hash(left + right)
    assert not verify_inclusion(leaf_hash(left + right), 0, 1, [], tree.root(2))


def test_the_seam_between_two_hashes_cannot_be_moved(tree: MerkleTree) -> None:
    """A byte that is taken from one hash and given to the next makes the same node: only whole hashes count."""
    left, right = leaves_of(2)
    root = tree.root(2)
    assert sha256(b"\x01" + left[:-1] + (left[-1:] + right)).digest() == root
    assert not verify_inclusion(left[:-1], 0, 2, [left[-1:] + right], root)
    assert not verify_consistency(1, 2, [left[-1:] + right], left[:-1], root)
    assert verify_inclusion(left, 0, 2, [right], root)
    assert verify_consistency(1, 2, [right], left, root)


@pytest.mark.parametrize("size", [-1, LARGEST + 1])
def test_a_root_of_a_size_that_the_tree_has_not_is_refused(tree: MerkleTree, size: int) -> None:
    """Below nothing and beyond the last leaf there is no root."""
    with pytest.raises(ValueError, match="has no root of size"):
        tree.root(size)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, LARGEST + 1)])
def test_a_proof_of_a_leaf_outside_of_the_tree_is_refused(tree: MerkleTree, index: int, size: int) -> None:
    """A leaf that is not in the tree of that size has no proof."""
    with pytest.raises(ValueError, match="is not in a tree of size"):
        tree.inclusion_proof(index, size)


@pytest.mark.parametrize(("old", "size"), [(0, 5), (6, 5), (1, LARGEST + 1)])
def test_a_proof_from_a_size_that_does_not_come_before_is_refused(tree: MerkleTree, old: int, size: int) -> None:
    """The older size is one from 1 to the newer one."""
    with pytest.raises(ValueError, match="does not come before"):
        tree.consistency_proof(old, size)
