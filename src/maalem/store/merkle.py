# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree of RFC 9162: roots, proofs, and whether a proof holds.

Only complete subtrees are ever stored: node (level, position) is the root over the
leaves from `position << level` up to `(position + 1) << level`, and never changes once
it is there. Every function takes stored nodes through a `NodeAt`.

Source:
    RFC 9162, Certificate Transparency Version 2.0, section 2.1.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

NodeAt: TypeAlias = Callable[[int, int], bytes]
"""Gives the stored hash of the complete subtree at (level, position)."""

EMPTY_ROOT = hashlib.sha256(b"").digest()  # of the tree without leaves
WIDTH = 32  # bytes of a hash


def leaf_hash(content: bytes) -> bytes:
    """Hash what a leaf says; 0x00 keeps leaves and inner nodes apart."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown_nodes(
    size: int, leaf: bytes, node_at: NodeAt
) -> Iterator[tuple[int, int, bytes]]:
    """Give the subtrees that become complete when a leaf is added.

    Args:
        size: Leaves before.
        leaf: Hash of the new one.
        node_at: The stored subtrees.

    Yields:
        Level, position and hash; the leaf itself first, at level 0.
    """
    level, position, subtree = 0, size, leaf
    yield level, position, subtree
    while position & 1:
        subtree = node_hash(node_at(level, position - 1), subtree)
        level, position = level + 1, position >> 1
        yield level, position, subtree


def tree_root(size: int, node_at: NodeAt) -> bytes:
    """Give the root over the first `size` leaves."""
    return _range_root(0, size, node_at)


def inclusion_path(index: int, size: int, node_at: NodeAt) -> list[bytes]:
    """Give the proof that a leaf is in a tree, from its sibling upwards.

    Args:
        index: The leaf, in [0, size).
        size: Leaves of the tree.
        node_at: The stored subtrees.

    Source:
        RFC 9162, section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    low, high = 0, size
    path: list[bytes] = []
    while high - low > 1:
        middle = low + _left_share(high - low)
        if index < middle:
            path.append(_range_root(middle, high, node_at))
            high = middle
        else:
            path.append(_range_root(low, middle, node_at))
            low = middle
    return path[::-1]


def consistency_path(old: int, new: int, node_at: NodeAt) -> list[bytes]:
    """Give the proof that the tree of `new` leaves begins with the tree of `old`.

    Args:
        old: Leaves of the earlier tree, in [0, new].
        new: Leaves of the later one.
        node_at: The stored subtrees.

    Source:
        RFC 9162, section 2.1.4.1; the proof from the empty tree is empty.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not begin with one of {old}")
    low, high = 0, new
    path: list[bytes] = []
    while 0 < old < high:
        middle = low + _left_share(high - low)
        if old <= middle:
            path.append(_range_root(middle, high, node_at))
            high = middle
        else:
            path.append(_range_root(low, middle, node_at))
            low = middle
    if low > 0:  # otherwise the last subtree is the old root, which the verifier has
        path.append(_range_root(low, high, node_at))
    return path[::-1]


def inclusion_holds(
    leaf: bytes, path: Sequence[bytes], *, index: int, size: int, root: bytes
) -> bool:
    """Tell whether a path leads from a leaf's hash to a root.

    Source:
        RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size or not _are_hashes(leaf, *path):
        return False
    place, last, climbed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            climbed = node_hash(sibling, climbed)
            place, last = _skip_missing(place, last)
        else:
            climbed = node_hash(climbed, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and climbed == root


def consistency_holds(
    path: Sequence[bytes], old: tuple[int, bytes], new: tuple[int, bytes]
) -> bool:
    """Tell whether a later tree begins with an earlier one.

    Args:
        path: What `consistency_path` gave.
        old: Leaves and root of the earlier tree.
        new: Leaves and root of the later tree.

    Source:
        RFC 9162, section 2.1.4.2; every tree begins with the empty one.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size in {0, new_size}:
        expected = new_root if old_size == new_size else EMPTY_ROOT
        return not path and old_root == expected
    if not 0 < old_size < new_size or not _are_hashes(*path):
        return False
    hashes = list(path)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    return bool(hashes) and _climb(hashes, old_size, new_size) == (old_root, new_root)


def _climb(
    hashes: Sequence[bytes], old_size: int, new_size: int
) -> tuple[bytes, bytes] | None:
    """Rebuild both roots of a consistency proof; none if it is too long or short."""
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            place, last = _skip_missing(place, last)
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Give the root over leaf hashes that are all at hand."""
    if len(leaves) == 1:  # the commonest entry, worth its line in verification
        return leaves[0]
    levels = complete_levels(b"".join(leaves))
    return tree_root(len(leaves), node_in(levels))


def complete_levels(leaves: bytes) -> list[bytes]:
    """Compute every complete subtree over leaf hashes.

    Args:
        leaves: The hashes one after the other, 32 bytes each.

    Returns:
        One `bytes` a level, leaves first, each half as long as the one below.
    """
    levels = [leaves]
    while len(levels[-1]) >= 2 * WIDTH:
        levels.append(next_level(levels[-1]))
    return levels


def next_level(level: bytes) -> bytes:
    """Compute the level above one, leaving out what is not complete."""
    pairs = len(level) // (2 * WIDTH)
    sha256 = hashlib.sha256
    return b"".join(
        [
            sha256(b"\x01" + level[start : start + 64]).digest()
            for start in range(0, pairs * 64, 64)
        ]
    )


def node_in(levels: Sequence[bytes]) -> NodeAt:
    """Give access to nodes that are all at hand, as `complete_levels` gave them."""

    def node_at(level: int, position: int) -> bytes:
        return levels[level][position * WIDTH : (position + 1) * WIDTH]

    return node_at


def _are_hashes(*steps: bytes) -> bool:
    return all(len(step) == WIDTH for step in steps)


def _left_share(leaves: int) -> int:
    """The largest power of two below a number of leaves."""
    return 1 << ((leaves - 1).bit_length() - 1)


def _range_root(low: int, high: int, node_at: NodeAt) -> bytes:
    leaves = high - low
    if leaves == 0:
        return EMPTY_ROOT
    if leaves & (leaves - 1) == 0:  # complete, and aligned by construction
        return node_at(leaves.bit_length() - 1, low // leaves)
    middle = low + _left_share(leaves)
    return node_hash(
        _range_root(low, middle, node_at), _range_root(middle, high, node_at)
    )


def _skip_missing(place: int, last: int) -> tuple[int, int]:
    """Go up past levels on which a right edge has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last
