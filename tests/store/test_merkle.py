# SPDX-License-Identifier: Apache-2.0
"""The tree against the definition in RFC 9162, and against published roots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.store.merkle import (
    EMPTY_ROOT,
    complete_levels,
    consistency_holds,
    consistency_path,
    grown_nodes,
    inclusion_holds,
    inclusion_path,
    leaf_hash,
    node_hash,
    node_in,
    root_of,
    tree_root,
)

# Leaves and roots of the test tree that Certificate Transparency implementations share.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
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
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# Proofs in that tree: index, size, path; old, new, path; hashes by their first bytes.
# Source: transparency-dev/merkle, testdata/{inclusion,consistency}/0 to 4.
INCLUSIONS = (
    (0, 1, ()),
    (0, 8, ("96a296d2", "5f083f0a", "6b47aaf2")),
    (5, 8, ("bc1a0643", "ca854ea1", "d37ee418")),
    (2, 3, ("fac54203",)),
    (1, 5, ("6e340b9c", "5f083f0a", "bc1a0643")),
)
CONSISTENCIES = (
    (1, 1, ()),
    (1, 8, ("96a296d2", "5f083f0a", "6b47aaf2")),
    (6, 8, ("0ebc5d34", "ca854ea1", "d37ee418")),
    (2, 5, ("5f083f0a", "bc1a0643")),
    (6, 7, ("0ebc5d34", "b08693ec", "d37ee418")),
)
SHARED = [leaf_hash(leaf) for leaf in LEAVES]
SHARED_AT = node_in(complete_levels(b"".join(SHARED)))
FORTY = [leaf_hash(b"%d" % number) for number in range(40)]
NODE_AT = node_in(complete_levels(b"".join(FORTY)))


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def test_the_published_roots_are_reached():
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    roots = [root_of(hashes[: size + 1]).hex() for size in range(8)]
    assert tuple(roots) == ROOTS


def beginnings(path):
    return tuple(step[:4].hex() for step in path)


@pytest.mark.parametrize(("index", "size", "path"), INCLUSIONS)
def test_the_published_proofs_of_inclusion_are_made_and_hold(index, size, path):
    made = inclusion_path(index, size, SHARED_AT)
    assert beginnings(made) == path
    root = bytes.fromhex(ROOTS[size - 1])
    leaf = SHARED[index]
    assert inclusion_holds(leaf, made, index=index, size=size, root=root)


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCIES)
def test_the_published_proofs_of_consistency_are_made_and_hold(old, new, path):
    made = consistency_path(old, new, SHARED_AT)
    assert beginnings(made) == path
    heads = [(size, bytes.fromhex(ROOTS[size - 1])) for size in (old, new)]
    assert consistency_holds(made, *heads)


def test_what_is_no_hash_proves_nothing():
    assert not inclusion_holds(b"", [], index=0, size=1, root=b"")
    assert not consistency_holds([], (0, EMPTY_ROOT), (0, b"another"))
    assert not consistency_holds([b"short"], (1, SHARED[0]), (2, b""))


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_the_root_is_the_one_of_the_definition(contents):
    leaves = [leaf_hash(content) for content in contents]
    assert root_of(leaves) == by_definition(leaves)


@given(st.integers(0, 70))
def test_growing_leaf_by_leaf_stores_the_complete_subtrees(size):
    nodes: dict[tuple[int, int], bytes] = {}
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    for number, leaf in enumerate(leaves):
        grown = grown_nodes(number, leaf, lambda *at: nodes[at])
        for level, position, digest in grown:
            assert (level, position) not in nodes
            nodes[level, position] = digest
    levels = complete_levels(b"".join(leaves))
    assert len(nodes) == sum(len(level) // 32 for level in levels)
    assert tree_root(size, lambda *at: nodes[at]) == by_definition(leaves)


@pytest.mark.parametrize("size", range(1, 41))
def test_every_leaf_is_proved_and_no_other(size):
    root = tree_root(size, NODE_AT)
    for index in range(size):
        path = inclusion_path(index, size, NODE_AT)
        leaf = FORTY[index]
        assert inclusion_holds(leaf, path, index=index, size=size, root=root)
        assert not inclusion_holds(EMPTY_ROOT, path, index=index, size=size, root=root)
        assert not inclusion_holds(leaf, path, index=index, size=size, root=leaf[::-1])
        assert not inclusion_holds(
            leaf, [*path, leaf], index=index, size=size, root=root
        )
        if path:
            assert not inclusion_holds(
                leaf, path[:-1], index=index, size=size, root=root
            )
            assert not inclusion_holds(
                leaf, path, index=(index + 1) % size, size=size, root=root
            )


@pytest.mark.parametrize("new", range(41))
def test_every_earlier_tree_is_a_beginning_and_no_other_is(new):
    new_root = tree_root(new, NODE_AT)
    for old in range(new + 1):
        old_root = tree_root(old, NODE_AT)
        path = consistency_path(old, new, NODE_AT)
        assert consistency_holds(path, (old, old_root), (new, new_root))
        assert not consistency_holds(path, (old, old_root[::-1]), (new, new_root))
        assert not consistency_holds(
            [*path, old_root], (old, old_root), (new, new_root)
        )
        if path:
            assert not consistency_holds(path, (old, old_root), (new, new_root[::-1]))
            assert not consistency_holds(path[1:], (old, old_root), (new, new_root))


def test_a_tree_never_begins_with_a_larger_one():
    assert not consistency_holds([], (3, ROOTS[2].encode()), (2, ROOTS[1].encode()))
    with pytest.raises(ValueError, match="does not begin"):
        consistency_path(3, 2, NODE_AT)
    with pytest.raises(ValueError, match="is not in"):
        inclusion_path(2, 2, NODE_AT)


def test_a_leaf_is_never_taken_for_an_inner_node():
    left, right = FORTY[:2]
    assert leaf_hash(b"\x01" + left + right) != node_hash(left, right)
    assert leaf_hash(left + right) != node_hash(left, right)
