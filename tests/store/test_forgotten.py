# SPDX-License-Identifier: Apache-2.0
"""What was erased stands in no byte of any file, however it was written."""

import json
import shutil
from dataclasses import replace

import pytest
from tests.store.builders import (
    a_document,
    a_passage,
    a_store,
    an_annotation,
    an_erasure,
    an_item,
    opened,
)

from maalem.records import Annotation, Document, Item, Passage
from maalem.store import verify_ledger
from maalem.store.rows import record_leaf
from maalem.store.tables import Folded
from maalem.store.words import WordIndex

WORDS = ("zanzibarite", "quokkaphone", "تسربالزيتالنادر")
SECRET = f"the {WORDS[0]} of a {WORDS[1]} with {WORDS[2]}"
LEFT = "hydraulic leak"


class InTheClear:
    """Writes texts as the versions before encryption did."""

    def close(self, _, rows):
        return [
            replace(row, leaf=record_leaf(_names(row), row.body.encode()))
            for row in rows
        ]


def _names(row):
    return (row.kind.encode(), row.id.encode(), row.topic.encode())


def fold(passage):
    return Folded(tuple(passage.text.split()), ("en",))


def forms(word):
    """Give all byte forms in which a word may lie in a file."""
    escaped = json.dumps(word)[1:-1]
    return {
        word.encode(),
        word.encode("utf-16-le"),
        word.encode("utf-16-be"),
        escaped.encode(),
        escaped.upper().encode(),
    }


def found_in(folder, words=WORDS):
    """Name the files that have one of some words."""
    found = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        found += [(path.name, w) for w in words for f in forms(w) if f in content]
    return found


def a_secret_project(folder, *, count=1, database="sqlite", is_clear=False):
    """Leave a closed store with secrets among other things; give what has them."""
    secrets = []
    with a_store(folder, database=database) as store:
        if is_clear:
            store._scribe._envelopes = InTheClear()
        for number in range(count):
            text = f"{SECRET} {number}"
            blob = store.put(f"{number};{text}".encode())
            has_it = [
                a_document(number, text=text),
                a_passage(number, text=text),
                an_item(number, text=text),
            ]
            has_not = [
                a_document(1000 + number),
                a_passage(1000 + number),
                an_annotation(number),
            ]
            store.append("corpus.add", [*has_it[:2], *has_not])
            store.append("items", has_it[2:])
            secrets.append((has_it, blob))
        WordIndex(store, fold=fold, version="1").catch_up()
    return secrets


@pytest.mark.parametrize("is_clear", [False, True])
@pytest.mark.parametrize("count", [1, 40])
def test_no_byte_of_an_erased_text_stays_in_the_folder(tmp_path, count, is_clear):
    folder = tmp_path / "project"
    secrets = a_secret_project(folder, count=count, is_clear=is_clear)
    shutil.copy(folder / "maalem.db", folder / "maalem.db.schema-6.backup")
    assert found_in(folder)
    with opened(folder) as store:
        for records, blob in secrets:
            store.erase(an_erasure(*records, blobs=(blob,)))
        assert found_in(folder) == []  # while the store is open, too
        index = WordIndex(store, fold=fold, version="1")
        index.catch_up()
        assert store.count(Passage) == store.count(Document) == count
        assert store.count(Item) == 0
        assert store.count(Annotation) == count
        assert all(passage.text == LEFT for passage in store.find(Passage))
    assert found_in(folder) == []
    report = verify_ledger(folder)
    assert (report.ok, report.erased) == (True, 3 * count), report.what


def test_no_text_lies_in_the_clear_outside_of_blobs_and_the_word_index(tmp_path):
    folder = tmp_path / "project"
    with a_store(folder) as store:
        store.append("add", [a_document(1, text=SECRET), a_passage(1, text=SECRET)])
        store.append("items", [an_item(1, text=SECRET)])
        assert found_in(folder) == []
        WordIndex(store, fold=fold, version="1").catch_up()
        assert {name for name, _ in found_in(folder)} == {"maalem.db-wal"}


def test_texts_written_before_encryption_are_read_beside_those_written_since(tmp_path):
    folder = tmp_path / "project"
    a_secret_project(folder, is_clear=True)
    with opened(folder) as store:
        store.append("add", [a_passage(0, text="not again"), a_passage(7, text=SECRET)])
        assert store.get(Document, a_document(0).id).text == f"{SECRET} 0"
        assert store.get(Passage, a_passage(7).id).text == SECRET
        assert [one.text for one in store.find(Passage)] == [
            f"{SECRET} 0",
            LEFT,
            SECRET,
        ]
    assert verify_ledger(folder).ok
