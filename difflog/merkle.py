"""
The Merkle tree over the lines of a log: RFC 6962 section 2.1, SHA-256, leaves 0x00, nodes 0x01.

A root stands for every line and their order. An inclusion proof shows with a few hashes that a line is in the tree of
a root; a consistency proof shows that an older root's lines are the beginning of a newer one's. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

__all__ = ["EMPTY_ROOT", "MerkleTree", "leaf_hash", "verify_consistency", "verify_inclusion"]

EMPTY_ROOT = sha256(b"").digest()
_LEAF = sha256(b"\x00")
_HASH_SIZE = sha256().digest_size


def leaf_hash(line: bytes) -> bytes:
    """The hash of a leaf: SHA-256 of 0x00 and its bytes."""
    leaf = _LEAF.copy()  # joining 0x00 and the line would copy the line
    leaf.update(line)
    return leaf.digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """The tree over leaf hashes; every size up to its own has a root, and proofs."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = list(leaves)
        self.size = len(level)
        self._levels = [level]  # of each level only the nodes whose subtree is full
        while len(level) > 1:
            level = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(level[::2], level[1::2], strict=False)
            ]  # fmt: skip
            self._levels.append(level)

    def root(self, size: int | None = None) -> bytes:
        """MTH of the first ``size`` leaves (all of them by default); raises `ValueError` for a size it has not."""
        whole = self.size if size is None else size
        self._check(0 <= whole <= self.size, f"a tree of {self.size} has no root of size {whole}")
        return self._range(0, whole) if whole else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """PATH(index, D[size]): RFC 6962 section 2.1.1; raises `ValueError` for an index outside of it."""
        whole = self.size if size is None else size
        self._check(0 <= index < whole <= self.size, f"leaf {index} is not in a tree of size {whole}")
        proof: list[bytes] = []
        low, high = 0, whole
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                proof.append(self._range(middle, high))
                high = middle
            else:
                proof.append(self._range(low, middle))
                low = middle
        return proof[::-1]

    def consistency_proof(self, old: int, size: int | None = None) -> list[bytes]:
        """PROOF(old, D[size]): RFC 6962 section 2.1.2; raises `ValueError` where ``old`` is not from 1 to ``size``."""
        whole = self.size if size is None else size
        self._check(0 < old <= whole <= self.size, f"size {old} does not come before {whole}")
        proof: list[bytes] = []
        low, high, is_known = 0, whole, True
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                proof.append(self._range(middle, high))
                high = middle
            else:
                proof.append(self._range(low, middle))
                low, is_known = middle, False
        return ([] if is_known else [self._range(low, high)]) + proof[::-1]

    @staticmethod
    def _check(is_right: bool, problem: str) -> None:
        if not is_right:
            raise ValueError(problem)

    def _range(self, low: int, high: int) -> bytes:
        """The root over the leaves from ``low`` up to ``high``; ``low`` is where a subtree of that size begins."""
        parts = []
        while low < high:
            height = (high - low).bit_length() - 1
            parts.append(self._levels[height][low >> height])
            low += 1 << height
        root = parts.pop()
        while parts:
            root = _node(parts.pop(), root)
        return root


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _are_hashes(*values: bytes) -> bool:
    """Whether each has the length of a hash: else the seam between two joined ones could be moved."""
    return all(len(value) == _HASH_SIZE for value in values)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf hash stands at ``index`` of the tree (RFC 9162 section 2.1.3.2)."""
    if not (0 <= index < size and _are_hashes(leaf, *proof)):
        return False
    node, last, computed = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = _node(step, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = _node(computed, step)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether the proof shows that the old tree is the beginning of the new one (RFC 9162 section 2.1.4.2)."""
    if not (0 <= old <= size and _are_hashes(old_root, root, *proof)):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == size:
        return not proof and old_root == root
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = _node(step, first), _node(step, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = _node(second, step)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == root
