# SPDX-License-Identifier: Apache-2.0
"""What was read is kept, also when its file changes under the reading."""

from pathlib import Path

import pytest
from tests.app import builders
from tests.store.builders import an_erasure

from maalem.app import loop
from maalem.records import Document, Passage, digest_file


def rewritten(path):
    path.write_text("text,system,asset\nsomething else,Engine,x\n", encoding="utf-8")


@pytest.mark.parametrize("change", [rewritten, Path.unlink])
def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_is_lost(
    project, tmp_path, change
):
    table = builders.a_table(tmp_path / "reports.csv", builders.rows()[:5])

    def tell(_deed, done, total):
        if done == total and table.exists():
            change(table)

    with loop.open_workspace(project) as work:
        report = loop.add(work, [table], tell=tell)
        assert work.store.count(Document) == work.store.count(Passage) == 5
    (refusal,) = report.refusals
    assert dict(report.refused) == {"corpus.changed": 1}
    assert (refusal.source, refusal.place) == ("reports.csv", "")
    assert refusal.reason == "it changed while it was read; add it again"


def test_adding_a_changed_file_again_brings_what_it_says_now(project, tmp_path):
    table = builders.a_table(tmp_path / "reports.csv", builders.rows()[:5])
    with loop.open_workspace(project) as work:
        loop.add(work, [table], tell=lambda *_: rewritten(table))
        again = loop.add(work, [table])
        assert (again.new + again.known, again.refusals) == (1, ())
        assert work.store.path_of(digest_file(table)).is_file()


def test_what_was_erased_is_refused_by_name_when_its_file_is_added_again(
    project, tmp_path
):
    table = builders.a_table(tmp_path / "reports.csv", builders.rows()[:5])
    with loop.open_workspace(project) as work:
        loop.add(work, [table])
        document, *others = work.store.find(Document)
        work.store.erase(an_erasure(document, blobs=(digest_file(table),)))
        again = loop.add(work, [table])
        assert (again.new, again.known) == (0, 4)
        assert dict(again.refused) == {"corpus.erased": 2}
        assert {one.source for one in again.refusals} == {document.id, "reports.csv"}
        assert list(work.store.find(Document)) == others
        assert not work.store.has(Document, document.id)


def test_the_file_of_every_document_is_kept(journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        files = {one.file for one in work.store.find(Document)}
        assert files == {digest_file(journey.table)}
        for file in files:
            work.store.read(file)
