# SPDX-License-Identifier: Apache-2.0
"""The log of SQLite is copied into its file beside the commits."""

import sqlite3

from tests.store.builders import a_store, an_annotation

from maalem.records import Annotation
from maalem.store import verify_ledger
from maalem.store.schema import DATABASE
from maalem.store.sqlite_log import LogTender


def test_many_small_commits_are_copied_before_the_log_is_full(tmp_path):
    folder = tmp_path / "project"
    with a_store(folder) as store:
        before = (folder / DATABASE).stat().st_size
        for number in range(70):
            store.append("add", [an_annotation(number)])
        store._access.tender.close()
        assert (folder / DATABASE).stat().st_size > before
        assert store.count(Annotation) == 70
    assert verify_ledger(folder).ok


def test_a_log_that_cannot_be_copied_is_told_and_stops_nobody(caplog):
    def refuse():
        raise sqlite3.OperationalError("unable to open database file")

    tender = LogTender(refuse)
    for _ in range(64):
        tender.committed()
    tender.close()
    assert "unable to open" in caplog.text
