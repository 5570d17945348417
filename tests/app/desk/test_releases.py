# SPDX-License-Identifier: Apache-2.0
"""What was frozen, taught and released; a release's own page has no origin."""

import dataclasses
import re
import shutil

import pytest
from tests.app.desk.builders import OpenDesk, a_person

from maalem.app import loop
from maalem.app.desk.releases import NO_NETWORK, notes_of
from maalem.records import Dataset, Digest, EvalReport, Release, TrainingRun


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


def test_items_won_and_lost_lead_to_the_item(after):
    client = after.client("auditor")
    shown = client.get("/releases/system-1").text
    report = next(after.work.store.find(EvalReport, "system"))
    rivals = {one.other: one for one in report.comparisons if one.slice == "all"}
    for name, rival in rivals.items():
        for won, count in (("yes", rival.better), ("", rival.worse)):
            page = client.get(f"/releases/system-1/items?against={name}&won={won}").text
            items = re.findall(r"/datasets/[^/]+/rows/(sha256:[0-9a-f]{64})", page)
            assert len(items) == min(count, 40)
            for item in items[:1]:
                row = client.get(f"/datasets/{report.dataset}/rows/{item}")
                assert "easier than life" in row.text  # it is of the exam
        if rival.better:
            assert f"against={name}&amp;won=yes" in shown


def test_looking_at_items_is_no_further_look_at_the_exam(after):
    before = list(after.work.store.entries())
    client = after.client("auditor")
    client.get("/releases/system-1/items?against=majority&won=yes")
    client.get("/trace?what=system-1")
    assert list(after.work.store.entries()) == before


def test_an_exam_held_before_sheets_were_kept_says_so(after):
    store = after.work.store
    release = next(store.find(Release))
    bare = dataclasses.replace(release, id=Digest("sha256:1"), number=2, report="x")
    report = dataclasses.replace(
        store.get(EvalReport, release.report), id=Digest("x"), look=9
    )
    store.append("release.sign", [bare, report])
    client = after.client("auditor")
    assert "was not kept" in client.get("/releases/system-2").text
    assert "was not kept" in client.get("/releases/system-2/items").text


def test_gates_say_whether_they_were_passed_and_by_what_number(after):
    shown = after.client("auditor").get("/releases/system-1").text
    gates = shown.partition('id="gates"')[2].partition("</section>")[0]
    assert gates.count("<li>") == 4
    assert "points" in gates
    assert '<span class="chip good">passed</span>' in gates
    run = next(after.work.store.find(TrainingRun))
    is_sealed = run.sealing is not None and run.sealing.level >= NO_NETWORK
    assert ("not proved" in gates) is not is_sealed


def test_what_an_exam_found_about_annotators_stands_on_the_release(after):
    store = after.work.store
    release = next(store.find(Release))
    assert notes_of(after.desk, release) == ()
    note = (
        "without expert:1 the quick gear would be right in 9.0 points more of 'Engine'"
    )
    details = {"task": "system", "verdict": release.verdict, "reports": {}}
    store.append("exam.done", details={**details, "notes": [note]})
    assert notes_of(after.desk, release) == (note,)
    assert "9.0 points more" in after.client("auditor").get("/releases/system-1").text


def test_a_trace_is_for_owners_and_auditors_and_names_each_entry(after):
    client = after.client("auditor")
    shown = client.get("/trace?what=system-1")
    assert shown.status_code == 200
    entry = next(after.work.store.entries("release.sign")).index
    assert f'<bdi dir="ltr">#{entry}</bdi>' in shown.text
    people = client.get("/trace?what=system-1&kind=annotator").text
    assert re.findall(r"<bdi>(amina|bruno)</bdi>", people) == ["amina", "bruno"]
    assert after.client("expert").get("/trace?what=system-1").status_code == 403


def test_a_trace_of_nothing_names_what_was_asked_for(after):
    answer = after.client("auditor").get("/trace?what=<b>system-9</b>")
    assert answer.status_code == 404
    assert "&lt;b&gt;system-9&lt;/b&gt;" in answer.text
    assert after.client("auditor").get("/trace").status_code == 200
