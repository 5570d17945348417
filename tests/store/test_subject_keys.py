# SPDX-License-Identifier: Apache-2.0
"""Texts are encrypted under one key a document, and gone with it."""

import binascii
import shutil

import pytest
from tests.store.builders import (
    a_document,
    a_passage,
    a_store,
    an_erasure,
    an_item,
    change,
    opened,
)

from maalem.errors import DataError, IntegrityError, SettingsError
from maalem.records import Document, Item, Passage
from maalem.store.rows import record_head
from maalem.store.subject_keys import LostKeyError, SubjectKeys

KEYS = "keys/subject.keys"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "project"
    with a_store(folder) as store:
        store.append("add", [a_document(n) for n in range(3)])
        store.append("add", [a_passage(n) for n in range(3)])
        store.append("items", [an_item(n) for n in range(4)])  # one of no passage
    return folder


def rows(store):
    """Give kind, number of the key and body of each encrypted row."""
    query = "SELECT kind, key, body FROM record WHERE key IS NOT NULL ORDER BY seq"
    return store.look(lambda tables: tables.execute(query).fetchall())


def keys_of(store, kind):
    return [key for found, key, _ in rows(store) if found == kind]


def test_a_document_its_passages_and_their_items_share_one_key(folder):
    with opened(folder) as store:
        documents = keys_of(store, Document.kind)
        assert len(set(documents)) == 3
        assert keys_of(store, Passage.kind) == documents
        assert keys_of(store, Item.kind)[:3] == documents
        assert keys_of(store, Item.kind)[3] not in documents


def test_items_appended_with_their_passage_have_its_key(tmp_path):
    with a_store(tmp_path / "project") as store:
        store.append("add", [an_item(1), a_passage(1), a_document(1)])
        assert len({key for _, key, _ in rows(store)}) == 1


def test_equal_texts_lie_there_unequally_and_no_nonce_comes_twice(tmp_path):
    with a_store(tmp_path / "project") as store:
        several = [a_passage(n) for n in range(2)]
        store.append("add", [a_document(0)])
        for number in range(600):
            one = a_passage(number)
            same = [type(one)(**{**_fields(one), "document": several[0].document})]
            store.append("add", same)
        bodies = [body for _, _, body in rows(store)]
        nonces = {binascii.a2b_base64(body[3:])[:12] for body in bodies}
        assert len(bodies) == len(nonces) == 601
        assert len({key for _, key, _ in rows(store)}) == 1


def _fields(record):
    return {name: getattr(record, name) for name in record.__slots__}


def test_a_body_moved_to_another_record_is_not_read(folder):
    first, second = a_document(0).id, a_document(1).id
    same = "(SELECT {0} FROM record AS r WHERE r.id = '" + first + "')"
    with opened(folder) as store:
        (key,) = {key for kind, key, _ in rows(store)[:1]}
        kind = b"document.v1"
        body = rows(store)[0][2].encode()
        for names in (
            (kind, second.encode(), b"orders.csv"),
            (kind, first.encode(), b"other.csv"),
            (b"passage.v1", first.encode(), b"orders.csv"),
        ):
            with pytest.raises(IntegrityError) as refused:
                store._reader._envelopes.open(record_head(names), body, key)
            assert refused.value.code == "store.text-keys"
    change(
        folder, f"UPDATE record SET body = {same.format('body')} WHERE id = '{second}'"
    )
    with opened(folder) as store, pytest.raises(IntegrityError):
        store.get(Document, second)


def test_the_key_goes_with_the_last_record_under_it(folder):
    whole = [a_document(1), a_passage(1), an_item(1)]
    with opened(folder) as store:
        key = keys_of(store, Document.kind)[1]
        keys = SubjectKeys(folder / KEYS)
        store.erase(an_erasure(*whole[:2]))
        keys.cipher(key)
        assert store.get(Item, an_item(1).id) == an_item(1)
        store.erase(an_erasure(*whole))
        fresh = SubjectKeys(folder / KEYS)
        with pytest.raises(LostKeyError):
            fresh.cipher(key)
        assert (folder / KEYS).read_bytes()[key * 32 : key * 32 + 32] == bytes(32)
        assert store.get(Document, a_document(2).id) == a_document(2)


def test_a_passage_or_item_of_what_was_erased_is_refused(folder):
    with opened(folder) as store:
        store.erase(an_erasure(a_document(1), a_passage(1)))
        for late in (a_passage(1), an_item(9)):
            fields = _fields(late)
            if isinstance(late, Item):
                fields["passage"] = a_passage(1).id
            else:
                fields["id"] = a_passage(77).id
            with pytest.raises(DataError) as refused:
                store.append("add", [type(late)(**fields)])
            assert refused.value.code == "store.erased"


def test_a_key_is_never_given_twice_and_none_is_after_a_torn_end(tmp_path):
    path = tmp_path / "keys" / "subject.keys"
    keys = SubjectKeys(path)
    assert list(keys.make(3)) == [1, 2, 3]
    keys.destroy([2, 3])
    with path.open("ab") as stream:
        stream.write(b"torn")
    assert list(SubjectKeys(path).make(1)) == [5]
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LostKeyError):
        keys.cipher(2)
    with pytest.raises(LostKeyError):
        keys.cipher(6)


def test_an_older_copy_of_the_keys_takes_no_writer(folder):
    keys = folder / KEYS
    shutil.copy(keys, folder / "older")
    with opened(folder) as store:
        store.append("add", [a_document(9)])
    for lost in (folder / "older", None):
        keys.unlink()
        if lost is not None:
            shutil.copy(lost, keys)
        with pytest.raises(IntegrityError) as refused:
            opened(folder)
        assert refused.value.code == "store.text-keys"
        with opened(folder, read_only=True) as store:
            with pytest.raises(IntegrityError) as refused:
                store.get(Document, a_document(9).id)
            assert refused.value.code == "store.text-keys"


def test_a_key_that_came_back_from_a_backup_is_destroyed_again(folder):
    keys = folder / KEYS
    backup = keys.read_bytes()
    with opened(folder) as store:
        key = keys_of(store, Document.kind)[1]
        store.erase(an_erasure(a_document(1), a_passage(1), an_item(1)))
    keys.write_bytes(backup)
    SubjectKeys(keys).cipher(key)
    opened(folder).close()
    with pytest.raises(LostKeyError):
        SubjectKeys(keys).cipher(key)


def test_keys_that_others_may_read_are_refused(folder):
    (folder / KEYS).chmod(0o640)
    with (
        opened(folder, read_only=True) as store,
        pytest.raises(SettingsError) as refused,
    ):
        store.get(Document, a_document(1).id)
    assert refused.value.code == "store.key-open"


def test_a_reader_beside_the_writer_sees_that_a_key_is_gone(folder):
    with opened(folder) as store, opened(folder, read_only=True) as reader:
        found = reader.find(Document)
        assert next(found) == a_document(0)
        store.erase(an_erasure(a_document(1), a_passage(1), an_item(1)))
        assert list(found) == [a_document(2)]
        with pytest.raises(DataError) as refused:
            reader.get(Document, a_document(1).id)
        assert refused.value.code == "store.erased"
