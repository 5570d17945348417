# SPDX-License-Identifier: Apache-2.0
"""A frozen dataset as pages: counts, what was left out, changes, rows, files."""

import re
import shutil

import pytest
from tests.app.desk.builders import OpenDesk, a_person
from tests.app.desk.pages import an_answer

from maalem.app import loop
from maalem.app.desk.dataset_tables import crossed
from maalem.app.steps.portraits import difference_between, find_previous, portrait_of
from maalem.dataset.folder import read_dataset
from maalem.experts.naming import identified
from maalem.records import Adjudication, Annotation, Dataset, Digest, Item, digest_file

REASON = "The report names the part."


@pytest.fixture
def after(journey, tmp_path):
    """The desk of a project that went through the whole loop."""
    folder = shutil.copytree(journey.folder, tmp_path / "after")
    with loop.open_workspace(folder) as work:
        for role in ("owner", "auditor", "expert"):
            a_person(work, role)
        yield OpenDesk(work)


def a_judgement(work, item, label, by):
    return identified(
        Adjudication(
            id=Digest(""),
            item=item.id,
            task="system",
            adjudicator=by,
            labels=(label,),
            reason=REASON,
            considered=(),
            at="2026-11-24T10:00:00+00:00",
            guideline=work.task("system").version,
        )
    )


def frozen_again(opened):
    """A second version: disputes are settled, and one row gets another label."""
    work, owner = opened.work, opened.member("owner").id
    first = loop.latest_dataset(work, "system")
    rows = {row.item: row for row in read_dataset(folder_of(work, first))[1]}
    items = list(work.store.find(Item, "system"))
    judged = [
        a_judgement(work, one, "Engine", owner) for one in items if one.id not in rows
    ]
    changed = next(
        one for one in items if one.id in rows and rows[one.id].label == "Engine"
    )
    judged.append(a_judgement(work, changed, "Electrical", owner))
    work.store.append("adjudicate", judged)
    return first, loop.freeze(work, "system", drop_leaks=True), changed


def folder_of(work, dataset):
    return work.folder / "datasets" / dataset.id[7:19]


def test_counts_of_every_table_add_up_to_the_rows(after):
    dataset = loop.latest_dataset(after.work, "system")
    portrait = portrait_of(after.work, dataset)
    rows = sum(count for _, count in dataset.counts)
    for counts in (portrait.splits, portrait.languages, portrait.sources):
        assert sum(count for *_, count in counts) == rows
    assert {name for _, name, _ in portrait.annotators} == {"amina", "bruno"}
    assert sum(count for *_, count in portrait.annotators) == 2 * rows
    assert {name for _, name, _ in portrait.sources} == {"reports.csv"}


def test_the_page_shows_counts_by_pseudonym_and_never_a_name(after):
    work, member = after.work, after.member("expert")
    items = list(work.store.find(Item, "system"))
    work.store.append("annotation.import", [an_answer(items[0], member.id)])
    dataset = loop.freeze(work, "system", drop_leaks=True)
    shown = after.client("auditor").get(f"/datasets/{dataset.id}").text
    assert member.id in shown
    assert member.name not in shown


def test_what_was_left_out_stands_there_with_its_count(after):
    dataset = loop.latest_dataset(after.work, "system")
    assert dict(dataset.left_out)["not settled: tie"] == 4
    shown = after.client("auditor").get(f"/datasets/{dataset.id}").text
    line = r"not settled: as many answers for one label as for another.*?<strong>4<"
    assert re.search(line, shown, re.DOTALL)


def test_a_row_that_stood_on_both_sides_is_named_with_its_reason(after, tmp_path):
    """A document added twice under two groups gives copies on two sides."""
    dataset = loop.latest_dataset(after.work, "system")
    portrait = portrait_of(after.work, dataset)
    left_out = {reason: n for reason, n in dataset.left_out if ":" not in reason}
    assert portrait.leaked == sum(left_out.values())
    assert {one.reason for one in portrait.leaks} <= {*left_out}


def test_agreement_counts_disputes_too(after):
    portrait = portrait_of(after.work, loop.latest_dataset(after.work, "system"))
    whole = portrait.agreement[0]
    assert (whole.about, whole.alpha.count) == (("all", ""), 2 * 162)
    assert 0.9 < whole.alpha.value < 1.0


def test_a_dataset_from_before_portraits_is_looked_at_now(after):
    store, dataset = after.work.store, loop.latest_dataset(after.work, "system")
    kept = portrait_of(after.work, dataset)
    chosen = {"task": "system", "dataset": dataset.id, "drawn": "x"}
    store.append("dataset.chosen", details=chosen)
    taken = portrait_of(after.work, dataset)
    assert (taken.splits, taken.annotators) == (kept.splits, kept.annotators)
    assert taken.agreement == ()
    shown = after.client("auditor").get(f"/datasets/{dataset.id}")
    assert "Not measured when this dataset was frozen" in shown.text


def test_the_page_tells_what_changed_since_the_version_before(after):
    first, second, changed = frozen_again(after)
    assert find_previous(after.work, second) == first
    assert find_previous(after.work, first) is None
    found = difference_between(after.work, first, second)
    assert (found.count("added"), found.count("relabelled")) == (4, 1)
    client = after.client("auditor")
    shown = client.get(f"/datasets/{second.id}").text
    assert f"/datasets/{second.id}/changes?deed=added" in shown
    listed = client.get(f"/datasets/{second.id}/changes?deed=relabelled").text
    assert changed.text in listed
    assert listed.count('<div class="grow">') == 1
    assert "first version" in client.get(f"/datasets/{first.id}").text
    assert client.get(f"/datasets/{first.id}/changes").status_code == 404


def test_rows_are_shown_in_parts_and_by_label_language_and_split(after):
    dataset = loop.latest_dataset(after.work, "system")
    rows = read_dataset(folder_of(after.work, dataset))[1]
    client, seen = after.client("auditor"), []
    for part in range(1, 6):
        page = client.get(f"/datasets/{dataset.id}/rows?part={part}").text
        seen += re.findall(r"/rows/(sha256:[0-9a-f]{64})", page)
    assert seen == [row.item for row in rows]
    query = "label=Engine&language=ar&split=exam"
    page = client.get(f"/datasets/{dataset.id}/rows?{query}").text
    wanted = [
        row.item
        for row in rows
        if (row.label, row.language, row.split) == ("Engine", "ar", "exam")
    ]
    assert re.findall(r"/rows/(sha256:[0-9a-f]{64})", page) == wanted
    assert "easier than life" in page


def test_a_row_tells_who_taught_it_with_the_entry_of_each(after):
    _, dataset, changed = frozen_again(after)
    shown = (
        after.client("auditor").get(f"/datasets/{dataset.id}/rows/{changed.id}").text
    )
    assert changed.text in shown
    assert "amina" in shown
    assert "bruno" in shown
    assert after.member("owner").id in shown
    assert REASON in shown
    assert shown.count("differs") == 2  # both had said Engine
    entry = next(after.work.store.entries("annotation.import")).index
    assert f"<bdi>#{entry}</bdi>" in shown
    judged = list(after.work.store.entries("adjudicate"))[-1].index
    assert f"<bdi>#{judged}</bdi>" in shown
    assert "reports.csv" in shown


def test_a_row_that_is_not_there_is_not_found(after):
    dataset = loop.latest_dataset(after.work, "system")
    client = after.client("auditor")
    missing = "sha256:" + "0" * 64
    assert client.get(f"/datasets/{dataset.id}/rows/{missing}").status_code == 404


def test_every_file_of_the_dataset_is_given_as_it_is_and_no_other(after):
    dataset, client = loop.latest_dataset(after.work, "system"), after.client("auditor")
    for one in dataset.files:
        given = client.get(f"/datasets/{dataset.id}/files/{one.name}")
        assert "attachment" in given.headers["content-disposition"]
        assert given.headers["x-content-type-options"] == "nosniff"
        path = after.work.folder / "given"
        path.write_bytes(given.content)
        assert digest_file(path) == one.digest
    for name in ("..%2f..%2fmaalem.toml", "maalem.toml", "%2e%2e", "exam.parquet%00"):
        answer = client.get(f"/datasets/{dataset.id}/files/{name}")
        assert answer.status_code in (400, 404)


def test_a_dataset_is_found_by_its_first_digits_and_not_by_too_few(after):
    dataset, client = loop.latest_dataset(after.work, "system"), after.client("auditor")
    assert client.get(f"/datasets/{dataset.id[7:19]}").status_code == 200
    assert client.get(f"/datasets/{dataset.id[7:10]}").status_code == 404


def test_a_dataset_whose_folder_is_gone_is_still_shown_by_its_record(after):
    dataset, client = loop.latest_dataset(after.work, "system"), after.client("auditor")
    shutil.rmtree(folder_of(after.work, dataset))
    shown = client.get(f"/datasets/{dataset.id}")
    assert shown.status_code == 200
    assert "only its record" in shown.text
    assert client.get(f"/datasets/{dataset.id}/rows").status_code == 404


def test_counts_are_arranged_with_the_largest_column_first_and_others_last():
    counts = (("a", "", 9), ("a", "x", 1), ("b", "y", 5))
    found = crossed(counts, ["b", "a", "c"])
    assert found.columns == ("y", "x", "")
    assert found.rows == (
        ("b", (5, 0, 0), 5),
        ("a", (0, 1, 9), 10),
        ("c", (0, 0, 0), 0),
    )


def test_freezing_the_same_again_keeps_the_same_portrait(after):
    work = after.work
    before = [
        entry.details["portrait"] for entry in work.store.entries("dataset.chosen")
    ]
    loop.freeze(work, "system", drop_leaks=True)
    again = [
        entry.details["portrait"] for entry in work.store.entries("dataset.chosen")
    ]
    assert again == [*before, before[-1]]
    assert work.store.count(Annotation, "system") == 324
    assert work.store.count(Dataset) == 1
