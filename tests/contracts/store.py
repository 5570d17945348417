# SPDX-License-Identifier: Apache-2.0
"""What every store must do; an implementation inherits these tests.

A subclass gives two fixtures: `store`, a new empty store, and `clock`, a list whose
last time is the present.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.store.builders import (
    a_document,
    an_annotation,
    an_erasure,
)

from maalem.errors import DataError, IntegrityError
from maalem.records import (
    Annotation,
    Document,
    Erasure,
    Item,
    digest_bytes,
    digest_of,
)
from maalem.store import Entry, Store
from maalem.store.ledger import stored_nodes
from maalem.store.merkle import consistency_holds, consistency_path
from maalem.store.notes import open_checkpoint, open_tlog_proof
from maalem.store.places import names_beginning, place_of, places_of


class StoreContract:
    """The laws of a store."""

    @pytest.fixture
    def clock(self) -> list[datetime]:
        return [datetime(2026, 11, 24, 12, 0, tzinfo=UTC)]

    def test_what_was_put_is_read_again(self, store: Store):
        assert store.read(store.put(b"grease\x00")) == b"grease\x00"

    def test_putting_twice_gives_one_address(self, store: Store):
        assert store.put(b"grease") == store.put(b"grease") == digest_bytes(b"grease")

    def test_a_file_and_its_bytes_have_one_address(self, store: Store, tmp_path):
        path = tmp_path / "manual.pdf"
        path.write_bytes(b"%PDF" * 100_000)
        assert store.put_file(path) == store.put(path.read_bytes())
        assert store.path_of(store.put_file(path)).read_bytes() == path.read_bytes()

    def test_changing_the_original_changes_no_blob(self, store: Store, tmp_path):
        path = tmp_path / "manual.txt"
        path.write_bytes(b"before")
        digest = store.put_file(path)
        path.write_bytes(b"after!")
        assert store.read(digest) == b"before"

    def test_an_empty_blob_is_a_blob(self, store: Store):
        assert store.read(store.put(b"")) == b""

    @pytest.mark.parametrize(
        "name",
        ["../../etc/passwd", "sha256:..", "/etc/passwd", "", "sha256:" + "A" * 64],
    )
    def test_a_path_is_not_the_name_of_a_blob(self, store: Store, name):
        with pytest.raises(DataError) as refused:
            store.read(name)
        assert refused.value.code == "store.digest"

    def test_an_unknown_blob_is_refused(self, store: Store):
        with pytest.raises(DataError) as refused:
            store.path_of(digest_bytes(b"never put"))
        assert refused.value.code == "store.no-blob"

    def test_a_damaged_blob_is_found_before_use(self, store: Store):
        path = store.path_of(store.put(b"grease"))
        path.chmod(0o644)
        path.write_bytes(b"greasy")
        with pytest.raises(IntegrityError) as refused:
            store.read(digest_bytes(b"grease"))
        assert refused.value.code == "store.blob"

    def test_what_was_appended_comes_back_equal(self, store: Store):
        document = a_document(1, text="fuite d'huile \u2028 تسرب \U0001f69c")
        store.append("add", [document])
        assert store.get(Document, document.id) == document
        assert list(store.find(Document)) == [document]

    def test_a_new_ledger_begins_with_its_name_and_key(self, store: Store):
        (entry,) = store.entries()
        assert entry.index == 0
        assert entry.details["verifier"] == store.signing_key.verifier
        assert store.signing_key.name == store.origin

    def test_an_append_is_one_entry(self, store: Store):
        entry = store.append("add", [a_document(1), a_document(2)], details={"n": 2})
        assert entry == list(store.entries())[-1]
        assert (entry.index, entry.added, entry.action) == (1, 2, "add")
        assert entry.details == {"n": 2}

    def test_an_entry_needs_no_records(self, store: Store):
        assert store.append("look", details={"exam": "3f2a"}).added == 0

    def test_adding_again_adds_nothing(self, store: Store):
        records = [a_document(1), an_annotation(1)]
        store.append("add", records)
        before = list(store.entries())
        assert store.append("add", records) is None
        assert list(store.entries()) == before

    def test_of_known_and_new_records_only_the_new_are_added(self, store: Store):
        store.append("add", [a_document(1)])
        entry = store.append("add", [a_document(1), a_document(2), a_document(2)])
        assert entry.added == 1
        assert store.count(Document) == 2

    def test_the_first_of_two_records_with_one_name_stays(self, store: Store):
        store.append("add", [a_document(1, text="first"), a_document(1, text="second")])
        store.append("add", [a_document(1, text="third"), a_document(2)])
        assert store.get(Document, a_document(1).id).text == "first"

    def test_one_name_in_two_kinds_is_two_records(self, store: Store):
        name = digest_of("one")
        item = Item(id=name, task="t", passage=name, text="", group="g", language="und")
        annotation = Annotation(id=name, item=name, task="t", annotator="a", labels=())
        assert store.append("add", [item, annotation]).added == 2
        assert store.get(Item, name) == item
        assert store.get(Annotation, name) == annotation

    def test_records_are_found_in_the_order_of_their_writing(self, store: Store):
        numbers = [5, 3, 9, 1]
        for number in numbers:
            store.append("add", [an_annotation(number)])
        found = [annotation.id for annotation in store.find(Annotation)]
        assert found == [an_annotation(number).id for number in numbers]

    def test_records_are_found_by_topic(self, store: Store):
        first, second = an_annotation(1, task="a"), an_annotation(2, task="b")
        store.append("add", [first, second])
        assert list(store.find(Annotation, "b")) == [second]
        assert store.count(Annotation, "b") == 1
        assert list(store.find(Annotation, "c")) == []

    def test_appending_while_finding_ends(self, store: Store):
        store.append("add", [an_annotation(number) for number in range(3)])
        for number, _ in enumerate(store.find(Annotation)):
            store.append("add", [an_annotation(100 + number)])
        assert store.count(Annotation) == 6

    def test_finding_goes_over_many_pages(self, store: Store):
        store.append("add", [an_annotation(number) for number in range(1203)])
        found = [annotation.id for annotation in store.find(Annotation, "faults")]
        assert found == [an_annotation(number).id for number in range(1203)]

    def test_has_and_get_agree(self, store: Store):
        store.append("add", [an_annotation(1)])
        assert store.has(Annotation, an_annotation(1).id)
        assert not store.has(Annotation, an_annotation(2).id)
        with pytest.raises(DataError) as refused:
            store.get(Annotation, an_annotation(2).id)
        assert refused.value.code == "store.no-record"

    def test_a_record_knows_the_entry_that_brought_it(self, store: Store):
        first, second = a_document(1), a_document(2)
        before = store.append("add", [first])
        entry = store.append("add", [first, second])
        assert place_of(store, Document, first.id) == before.index
        assert place_of(store, Document, second.id) == entry.index
        assert places_of(store, Item, [first.id]) == {}
        with pytest.raises(DataError, match=first.id):
            place_of(store, Item, first.id)

    def test_records_are_found_by_the_beginning_of_their_names(self, store: Store):
        several = [a_document(number) for number in range(40)]
        store.append("add", [*several, an_annotation(1)])
        for begins in ("sha256:", several[7].id[:12], several[7].id, "sha256:x", ""):
            wanted = sorted(one.id for one in several if one.id.startswith(begins))
            found = names_beginning(store, Document, begins, most=30)
            assert list(found) == wanted[:30]

    def test_entries_are_found_by_their_action(self, store: Store):
        store.append("look", details={"n": 1})
        store.append("add", [a_document(1)])
        store.append("look", details={"n": 2})
        assert [entry.details["n"] for entry in store.entries("look")] == [1, 2]

    def test_a_clock_that_steps_back_changes_no_order(self, store: Store, clock):
        store.append("first")
        clock.append(clock[-1] - timedelta(days=1))
        store.append("second")
        entries = list(store.entries())
        assert [entry.action for entry in entries[1:]] == ["first", "second"]
        assert entries[1].at > entries[2].at
        assert [entry.index for entry in entries] == [0, 1, 2]

    def test_no_text_of_a_document_stands_in_an_entry(self, store: Store):
        entry = store.append("add", [a_document(1, text="a secret of the house")])
        told = json.dumps([entry.action, entry.records_digest, dict(entry.details)])
        assert "secret" not in told

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", 2**60])
    def test_what_json_cannot_say_is_refused_and_leaves_nothing(self, store, value):
        with pytest.raises(DataError):
            store.append("add", [a_document(1)], details={"x": value})
        assert store.count(Document) == 0
        assert len(list(store.entries())) == 1

    def test_an_entry_holds_for_itself_and_the_key(self, store: Store):
        entry = store.append("release", details={"digest": "sha256:3f"})
        leaf, proof = open_tlog_proof(
            store.inclusion(entry.index), store.signing_key.public_bytes
        )
        assert proof.index == entry.index
        assert Entry(**json.loads(leaf)) == entry

    def test_a_proof_of_an_entry_that_is_not_there_is_refused(self, store: Store):
        for index in (-1, 1):
            with pytest.raises(DataError) as refused:
                store.inclusion(index)
            assert refused.value.code == "store.no-entry"

    def test_a_checkpoint_is_signed_by_the_ledgers_key(self, store: Store):
        store.append("add", [a_document(1)])
        public = store.signing_key.public_bytes
        head = open_checkpoint(store.checkpoint(), public, origin=store.origin)
        assert (head.origin, head.size) == (store.origin, 2)
        assert consistency_holds([], (2, head.root), (2, head.root))

    def test_a_checkpoint_of_the_same_ledger_is_the_same(self, store: Store):
        assert store.checkpoint() == store.checkpoint()

    def test_blobs_are_named_by_the_entry_after_them(self, store: Store):
        store.put(b"one")
        store.put(b"two")
        assert store.append("add", details={}).blobs == 2
        store.put(b"one")
        assert store.append("add", details={}).blobs == 0

    def test_many_threads_lose_and_double_nothing(self, store: Store):
        def work(worker: int) -> None:
            for turn in range(10):
                number = worker * 10 + turn
                store.put(b"blob %d" % number)
                store.append("add", [an_annotation(number), an_annotation(turn)])
                assert store.has(Annotation, an_annotation(number).id)
                assert list(store.find(Annotation))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert store.count(Annotation) == 40
        entries = list(store.entries())
        assert [entry.index for entry in entries] == list(range(len(entries)))
        assert sum(entry.added for entry in entries) == 40
        assert sum(entry.blobs for entry in entries) <= 40

    def test_closing_twice_is_closing_once(self, store: Store):
        store.close()
        store.close()

    def test_a_change_of_passing_tables_is_all_or_nothing(self, store: Store):
        read = ("p", "t", "v", 1.0)

        def write(tables):
            tables.execute("INSERT INTO guideline_read VALUES (?, ?, ?, ?)", read)
            return "done"

        def fail(tables):
            tables.execute("DELETE FROM guideline_read")
            raise DataError("no")

        assert store.change(write) == "done"
        with pytest.raises(DataError):
            store.change(fail)
        query = "SELECT person, task, version, read_at FROM guideline_read"
        assert store.look(lambda tables: tables.execute(query).fetchall()) == [read]

    def test_what_was_erased_is_told_with_who_when_and_why(self, store: Store):
        store.append("add", [a_document(1), a_document(2)])
        entry = store.erase(an_erasure(a_document(1), reason="asked by letter"))
        assert (entry.action, entry.added, entry.actor) == ("forget", 1, "owner")
        with pytest.raises(DataError) as refused:
            store.get(Document, a_document(1).id)
        assert refused.value.code == "store.erased"
        assert refused.value.why == (
            f"by owner at {entry.at}, entry {entry.index} of the ledger: "
            "asked by letter"
        )

    def test_erased_records_are_left_out_and_all_others_are_there(self, store: Store):
        several = [a_document(number) for number in range(5)]
        store.append("add", several)
        store.erase(an_erasure(several[1], several[3]))
        left = [several[0], several[2], several[4]]
        assert list(store.find(Document)) == left
        assert list(store.find(Document, several[0].topic)) == left
        assert store.count(Document) == store.count(Document, several[0].topic) == 3
        assert [one for _, one in store.rows(Document, after=-1, most=9)] == left
        assert [store.has(Document, one.id) for one in several] == [1, 0, 1, 0, 1]
        told = [store.is_erased(Document, one.id) for one in several]
        assert told == [0, 1, 0, 1, 0]
        assert store.count(Erasure) == 1

    def test_any_record_can_be_erased_but_an_erasure(self, store: Store):
        store.append("add", [an_annotation(1)])
        erasure = an_erasure(an_annotation(1))
        store.erase(erasure)
        with pytest.raises(DataError) as refused:
            store.erase(an_erasure(erasure))
        assert refused.value.code == "store.no-erasing"
        assert store.get(Erasure, erasure.id) == erasure

    def test_erasing_twice_is_erasing_once(self, store: Store):
        store.append("add", [a_document(1)])
        erasure = an_erasure(a_document(1))
        assert store.erase(erasure) == store.erase(erasure)
        assert len(list(store.entries("forget"))) == 1

    def test_an_erasure_that_names_something_unknown_erases_nothing(self, store: Store):
        blob = store.put(b"grease")
        store.append("add", [a_document(1)])
        for erasure, code in (
            (an_erasure(a_document(1), a_document(9)), "store.no-record"),
            (an_erasure(a_document(1), blobs=(digest_of("x"),)), "store.no-blob"),
        ):
            with pytest.raises(DataError) as refused:
                store.erase(erasure)
            assert refused.value.code == code
        assert store.get(Document, a_document(1).id) == a_document(1)
        assert store.read(blob) == b"grease"
        assert list(store.entries("forget")) == []

    def test_an_erased_blob_is_gone_and_is_not_kept_again(self, store: Store, tmp_path):
        path = tmp_path / "orders.csv"
        path.write_bytes(b"orders")
        blob = store.put_file(path)
        store.append("add", [a_document(1)])
        store.erase(an_erasure(a_document(1), blobs=(blob,)))
        for deed in (lambda: store.put(b"orders"), lambda: store.put_file(path)):
            with pytest.raises(DataError) as refused:
                deed()
            assert refused.value.code == "store.erased"
        with pytest.raises(DataError) as refused:
            store.read(blob)
        assert refused.value.code == "store.no-blob"

    def test_what_was_erased_is_refused_again_and_nothing_else_is_lost(self, store):
        store.append("add", [a_document(1)])
        store.erase(an_erasure(a_document(1)))
        with pytest.raises(DataError) as refused:
            store.append("add", [a_document(1), a_document(2)])
        assert refused.value.code == "store.erased"
        assert store.count(Document) == 0
        store.append("add", [a_document(2)])
        assert list(store.find(Document)) == [a_document(2)]

    def test_proofs_from_before_an_erasure_hold_after_it(self, store: Store):
        several = [a_document(number) for number in range(9)]
        for document in several:
            store.append("add", [document])
        public = store.signing_key.public_bytes
        proofs = [store.inclusion(index) for index in range(10)]
        before = open_checkpoint(store.checkpoint(), public, origin=store.origin)
        store.erase(an_erasure(*several[2:5]))
        after = open_checkpoint(store.checkpoint(), public, origin=store.origin)
        path = store.look(
            lambda tables: consistency_path(10, after.size, stored_nodes(tables))
        )
        assert consistency_holds(path, (10, before.root), (after.size, after.root))
        for index, proof in enumerate(proofs):
            assert open_tlog_proof(proof, public)[1].index == index
            assert open_tlog_proof(store.inclusion(index), public)[1].index == index
