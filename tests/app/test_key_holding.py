# SPDX-License-Identifier: Apache-2.0
"""Keys made from the command line hold the bounds that they were made with."""

import pytest
from tests.app.builders import a_project

from maalem.app.desk import api_keys
from maalem.app.workspace import now, open_workspace


@pytest.fixture
def folder(tmp_path):
    return a_project(tmp_path / "ours")


def test_a_key_is_made_bound_listed_and_revoked(maalem, folder):
    key = maalem(
        *("-C", folder, "keys", "make", "nightly", "--task", "system"),
        *("--limit", "texts-per-month=500", "--limit", "requests-per-minute=0"),
        "--json",
    ).json["key"]
    with open_workspace(folder, read_only=True) as work:
        found = api_keys.known(work.store, key, now=now().timestamp())
        assert found.bounds.tasks == {"system"}
        assert found.scopes == {"predict"}
        allowance = found.bounds.allowance
        assert (allowance.texts_per_month, allowance.requests_per_minute) == (500, 0)
        assert allowance.texts_per_minute is None
        (entry,) = work.store.entries("key.bind")
        assert entry.details["texts_per_month"] == 500
    (row,) = maalem("-C", folder, "keys", "list", "--json").json["keys"]
    assert row["limits"] == "requests-per-minute=0 texts-per-month=500"
    assert (row["state"], row["texts this month"]) == ("open", 0)
    assert maalem("-C", folder, "keys", "bind", found.id).code == 0
    (row,) = maalem("-C", folder, "keys", "list", "--json").json["keys"]
    assert (row["tasks"], row["limits"]) == ("all", "the project's")
    assert maalem("-C", folder, "keys", "revoke", found.id).code == 0
    (row,) = maalem("-C", folder, "keys", "list", "--json").json["keys"]
    assert row["state"] == "revoked"
    assert "nightly" in maalem("-C", folder, "keys", "list").out


@pytest.mark.parametrize(
    "wrong",
    [
        ("make", "k", "--limit", "texts-per-year=1"),
        ("make", "k", "--limit", "texts-per-month=-1"),
        ("make", "k", "--limit", "texts-per-month=²"),
        ("make", "k", "--days", "400"),
        ("make", "k", "--scope", "people"),
        ("make", "k", "--task", ""),
        ("bind", "000000000000"),
        ("revoke", "000000000000"),
    ],
)
def test_what_is_no_key_or_bound_is_refused(maalem, folder, wrong):
    answer = maalem("-C", folder, "keys", *wrong, "--json")
    assert answer.code in (1, 2)
    assert answer.error["code"] in ("usage", "people.key")
