# SPDX-License-Identifier: Apache-2.0
"""A project whose settings name a PostgreSQL database."""

import pytest

from maalem.app import loop
from maalem.app.project import read_project

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
