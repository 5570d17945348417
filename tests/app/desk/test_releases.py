# SPDX-License-Identifier: Apache-2.0
"""What was frozen, taught and released; a release's own page has no origin."""

import shutil

import pytest
from tests.app.desk.builders import OpenDesk, a_person

from maalem.app import loop
from maalem.records import Dataset


@pytest.fixture
def after(journey, tmp_path):
    """The desk of a project that went through the whole loop."""
    folder = shutil.copytree(journey.folder, tmp_path / "after")
    with loop.open_workspace(folder) as work:
        a_person(work, "auditor")
        a_person(work, "expert")
        yield OpenDesk(work)


def test_a_dataset_is_listed_and_shown_with_what_was_taught(after):
    dataset = next(after.work.store.find(Dataset))
    client = after.client("auditor")
    assert f"/datasets/{dataset.id}" in client.get("/datasets").text
    shown = client.get(f"/datasets/{dataset.id}").text
    for _, count in dataset.counts:
        assert f'<td class="number">{count}</td>' in shown
    assert "tiny.v1" in shown
    assert "tiny.v1" in client.get("/runs").text


def test_a_release_is_shown_with_its_interval(after):
    client = after.client("auditor")
    assert "system-1" in client.get("/releases").text
    shown = client.get("/releases/system-1").text
    assert "maalem verify releases/system-1" in shown
    assert "/releases/system-1/page" in shown


def test_a_releases_own_page_is_sandboxed(after):
    answer = after.client("auditor").get("/releases/system-1/page")
    (policy,) = answer.headers.get_list("content-security-policy")
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert "<h1" in answer.text


def test_other_pages_keep_the_policy_of_the_desk(after):
    policy = after.client("auditor").get("/releases").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["system-2", "system", "%2e%2e%2fmaalem.toml", "x"])
def test_what_was_not_released_is_not_found(after, name):
    client = after.client("auditor")
    assert client.get(f"/releases/{name}").status_code == 404
    assert client.get(f"/releases/{name}/page").status_code == 404


def test_a_release_whose_folder_is_gone_is_still_listed(after):
    shutil.rmtree(after.work.folder / "releases" / "system-1")
    client = after.client("auditor")
    assert client.get("/releases/system-1").status_code == 200
    assert client.get("/releases/system-1/page").status_code == 404


def test_what_a_release_changed_stands_in_the_day(after):
    shown = after.client("expert").get("/").text
    assert "الإصدار" in shown


@pytest.mark.parametrize("path", ["/datasets", "/runs", "/releases", "/team"])
def test_an_empty_project_says_what_comes(desk_client, path):
    shown = desk_client("owner").get(path)
    assert shown.status_code == 200
    if path != "/team":
        assert 'class="empty"' in shown.text


def test_a_dataset_that_is_not_there_is_not_found(after):
    assert after.client("auditor").get("/datasets/sha256:00").status_code == 404
