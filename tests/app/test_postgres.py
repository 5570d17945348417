# SPDX-License-Identifier: Apache-2.0
"""A project whose settings name a PostgreSQL database."""

import pytest
from tests.app import marks

from maalem.app import loop
from maalem.app.desk import api_keys
from maalem.app.project import read_project
from maalem.app.workspace import now
from maalem.records import Document

pytestmark = pytest.mark.postgres


def test_a_project_in_postgresql_is_made_opened_and_verified(
    maalem, tmp_path, postgres_address
):
    folder = tmp_path / "orders"
    maalem("init", folder, "--database", postgres_address)
    assert read_project(folder).store.database == postgres_address
    assert not (folder / "maalem.db").exists()
    with loop.open_workspace(folder) as work:
        assert [entry.action for entry in work.store.entries()] == [
            "create",
            "project.init",
        ]
    assert "2 entries" in maalem("-C", folder, "verify", "--ledger").err
    assert loop.check_ledger(folder).ok


def test_what_is_forgotten_in_postgresql_is_told_and_the_rest_stays(
    maalem, tmp_path, postgres_address
):
    folder = tmp_path / "orders"
    maalem("init", folder, "--database", postgres_address)
    table = tmp_path / "notes.txt"
    table.write_text(f"{marks.LATIN}\n", "utf-8")
    other = tmp_path / "other.txt"
    other.write_text("nothing of that kind stands here\n", "utf-8")
    with loop.open_workspace(folder) as work:
        loop.add(work, [table, other])
    assert maalem("-C", folder, "forget", "notes.txt", "--yes").code == 0
    assert marks.holding(folder) == []
    with loop.open_workspace(folder, read_only=True) as work:
        assert [one.source for one in work.store.find(Document)] == ["other.txt"]
    again = maalem("-C", folder, "--json", "forget", "notes.txt", "--yes")
    assert again.error["code"] == "forget.unknown"
    assert maalem("-C", folder, "verify", "--ledger").code == 0


def test_a_key_is_bound_in_postgresql_and_read_beside_its_writer(
    maalem, tmp_path, postgres_address
):
    folder = tmp_path / "orders"
    maalem("init", folder, "--database", postgres_address)
    limit = ("--limit", "texts-per-month=7000000000", "--task", "système")
    key = maalem("-C", folder, "keys", "make", "k", *limit, "--json").json["key"]
    with (
        loop.open_workspace(folder) as writer,
        loop.open_workspace(folder, read_only=True) as reader,
    ):
        moment = now().timestamp()
        found = api_keys.known(reader.store, key, now=moment)
        assert found.bounds.allowance.texts_per_month == 7_000_000_000
        assert found.bounds.tasks == {"système"}
        api_keys.revoke(writer.store, found.id, now=moment, by="owner")
        assert api_keys.known(reader.store, key, now=moment) is None
