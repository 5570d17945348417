# SPDX-License-Identifier: Apache-2.0
"""Which earlier passages a new one repeats."""

import contextlib
import csv
import importlib.util
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maalem.corpus import NearDuplicateIndex, near_duplicate_pairs
from maalem.errors import DataError
from maalem.records import Passage, digest_bytes

WORDS = [
    "oil",
    "leak",
    "pump",
    "motor",
    "hose",
    "blown",
    "left",
    "right",
    "tank",
    "bucket",
    "tooth",
    "cylinder",
]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14), max_size=20)


def named(number):
    return digest_bytes(str(number).encode())


def link_all(index, texts):
    return [index.link(text, named(n)) for n, text in enumerate(texts)]


@settings(max_examples=40, deadline=None)
@given(TEXTS.map(lambda texts: [" ".join(words) for words in texts]))
def test_no_pair_below_the_threshold_is_linked(texts):
    exact = {(a, b) for a, b, _ in near_duplicate_pairs(texts)}
    numbers = {named(n): n for n in range(len(texts))}
    with NearDuplicateIndex() as index:
        links = link_all(index, texts)
    found = {(numbers[one], n) for n, link in enumerate(links) for one in link[1]}
    assert found <= exact


def test_nearly_all_pairs_at_the_threshold_are_linked():
    chance = random.Random(1)
    vocabulary = [f"word{n}" for n in range(3000)]
    texts = [" ".join(chance.sample(vocabulary, 30)) for _ in range(300)]
    texts += [" ".join([*text.split()[:-1], "other"]) for text in texts]
    exact = near_duplicate_pairs(texts)
    with NearDuplicateIndex() as index:
        links = link_all(index, texts)
    assert len(exact) == 300
    assert sum(len(link[1]) for link in links) >= 0.97 * len(exact)


def test_a_copy_is_linked_to_the_first_and_to_nothing_else():
    with NearDuplicateIndex() as index:
        links = link_all(index, ["Oil leak", "oil  LEAK", "oil leak"])
    assert links[1:] == [(named(0), (), named(0))] * 2


def test_a_cluster_once_given_never_changes_and_clusters_never_merge():
    one, other = "alpha beta gamma delta", "alpha beta gamma delts"
    far = "completely different words here"
    with NearDuplicateIndex() as index:
        links = link_all(index, [one, far, other])
        again = link_all(index, [one, far, other])
    assert links == again
    assert [link[2] for link in links] == [named(0), named(1), named(0)]


def test_a_leader_that_is_given_is_kept():
    with NearDuplicateIndex() as index:
        index.link("oil leak", named(0))
        assert index.link("oil leak", named(1), leader=named(9))[2] == named(9)


def test_what_was_not_committed_is_forgotten(tmp_path):
    path = tmp_path / "index.sqlite"
    with NearDuplicateIndex(path) as index:
        index.link("first text", named(0))
    with (
        contextlib.suppress(KeyboardInterrupt),
        NearDuplicateIndex(path) as index,
    ):
        index.link("second text", named(1))
        raise KeyboardInterrupt
    with NearDuplicateIndex(path) as index:
        assert len(index) == 1


def test_rebuilding_from_passages_gives_the_same_links(tmp_path):
    texts = ["pump is broken", "pump is brokens", "hose blown", "Hose blown"]
    with NearDuplicateIndex() as index:
        links = link_all(index, texts)
    passages = [
        Passage(
            id=named(n), document=named(n), start=0, end=1, text=text,
            language="en", group=link[2],
        )
        for n, (text, link) in enumerate(zip(texts, links, strict=True))
    ]  # fmt: skip
    with NearDuplicateIndex(tmp_path / "index.sqlite") as index:
        index.link("something else that is to go", named(77))
        index.rebuild(passages)
        assert len(index) == 4
        assert link_all(index, texts) == links


def a_passage(number, text, group, *, document=None):
    return Passage(
        id=named(number), document=named(document or number), start=0, end=1,
        text=text, language="en", group=group,
    )  # fmt: skip


@pytest.mark.parametrize(
    "group",
    [
        "sha256:", "sha256:pump", "sha256:abc", "sha256:" + "A" * 64,
        "sha256:" + "g" * 64, f"{named(7)}\n", f" {named(7)}", named(7), named(1),
    ],
)  # fmt: skip
def test_a_column_that_gives_groups_like_digests_names_no_leader(group):
    with NearDuplicateIndex() as index:
        index.rebuild([
            a_passage(0, "pump is broken", group),
            a_passage(1, "hose blown", named(1)),
        ])  # fmt: skip
        assert index.link("pump is broken", named(0))[2] == named(0)
        assert index.link("hose blown", named(1))[2] == named(1)


def test_rebuilding_keeps_a_document_with_a_group_of_its_own_in_one_cluster():
    texts = ["pump is broken", "hose blown", "Hose blown"]
    with NearDuplicateIndex() as index:
        index.link(texts[0], named(0))
        index.link(texts[1], named(1), leader=named(0))
        after = index.link(texts[2], named(2))
    with NearDuplicateIndex() as index:
        index.rebuild([
            a_passage(0, texts[0], "M7", document=9),
            a_passage(1, texts[1], "M7", document=9),
        ])  # fmt: skip
        assert index.link(texts[2], named(2)) == after


def test_a_file_of_another_threshold_or_kind_is_refused(tmp_path):
    path = tmp_path / "index.sqlite"
    NearDuplicateIndex(path, 0.7).close()
    with pytest.raises(DataError, match="not an index"):
        NearDuplicateIndex(path, 0.8)
    path.write_bytes(b"no database at all, just some bytes" * 99)
    with pytest.raises(DataError) as refused:
        NearDuplicateIndex(path)
    assert refused.value.code == "corpus.index"


@pytest.mark.weights
def test_real_work_orders_make_no_giant_cluster_and_hide_no_copy():
    spec = importlib.util.find_spec("nestor")
    assert spec is not None
    assert spec.submodule_search_locations
    place = Path(spec.submodule_search_locations[0], "datasets/excavators-cleaned.csv")
    with place.open(encoding="utf-8", newline="") as stream:
        texts = [row["OriginalShorttext"] for row in csv.DictReader(stream)]
    with NearDuplicateIndex() as index:
        links = link_all(index, texts)
    sizes = Counter(link[2] for link in links)
    assert (
        max(sizes.values()) <= 80
    )  # 56: one fault, a broken grease line, in all forms
    first = [n for n, link in enumerate(links) if link[0] is None]
    exact = near_duplicate_pairs([texts[n] for n in first])
    assert sum(len(link[1]) for link in links) >= 0.98 * len(exact)
