# SPDX-License-Identifier: Apache-2.0
"""`maalem report --dossier`, and how `maalem verify` finds what was edited."""

import json
import re

import pytest
from tests.app import builders

from maalem.app import loop
from maalem.app.declaring import DossierSettings
from maalem.app.steps.dossiers import check, release_to_report, write
from maalem.errors import SettingsError
from maalem.records import Dataset, digest_bytes
from maalem.release.dossier.fields import FILLED
from maalem.release.dossier.law import SOURCES
from maalem.store.places import place_of

STATEMENT = """
[purpose]
text = "Sort reports of faults."
by = "Amina"
date = 2026-11-24
"""
PAGES = ("dossier.html", "dossier.fr.html", "dossier.ar.html")


@pytest.fixture
def written(maalem, copied):
    """A copy of the project with the dossier of its release; give both folders."""
    (copied / "dossier.toml").write_text(STATEMENT, encoding="utf-8")
    answer = maalem("-C", copied, "report", "--dossier")
    assert answer.code == 0, answer.err
    return copied, copied / "dossiers" / "system-1"


def edit(folder, change):
    """Change the JSON of a dossier as somebody with an editor would."""
    path = folder / "dossier.json"
    said = json.loads(path.read_bytes())
    change(said, {one["field"]: one for one in said["facts"]})
    path.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def test_a_dossier_has_a_page_a_language_and_a_json_file(written):
    names = {one.name for one in written[1].iterdir()}
    assert names == {"dossier.json", "to-write.toml", *PAGES}


def test_the_dossier_says_what_the_records_say_with_their_entries(written):
    project, folder = written
    said = json.loads((folder / "dossier.json").read_bytes())
    facts = {one["field"]: one for one in said["facts"]}
    with loop.open_workspace(project, read_only=True) as work:
        dataset = loop.latest_dataset(work, "system")
        entry = place_of(work.store, Dataset, dataset.id)
        release = release_to_report(work, None)
    assert said["release"] == release.id
    labels = [part["value"] for part in facts["labels"]["value"]]
    assert labels == list(dataset.labels)
    assert facts["labels"]["pointers"][0]["entry"] == entry
    counts = {part["name"]: part["value"] for part in facts["annotators"]["value"]}
    rows = sum(count for _, count in dataset.counts)
    assert (counts["@annotators"], counts["@answers"]) == (2, 2 * rows)
    assert facts["request_log"]["state"] == "not recorded"
    assert facts["purpose"]["statement"]["by"] == "Amina"


def test_no_text_of_a_document_is_in_a_dossier(written):
    for name in ("dossier.json", *PAGES):
        text = (written[1] / name).read_text("utf-8")
        assert not any(row["text"] in text for row in builders.rows())


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_page_says_nothing_in_english_but_where_the_law_is_told_from(written, page):
    text = (written[1] / page).read_text("utf-8")
    quoted = re.findall(r'<(?:bdi|span) lang="en"[^>]*>([^<]*)<', text)
    assert set(quoted) == {one.source for one in SOURCES}


def test_a_dossier_is_verified_by_folder_and_by_file(maalem, written):
    project, folder = written
    for path in (folder, folder / "dossier.json"):
        answer = maalem("verify", path, "--json")
        assert answer.code == 0, answer.err
        assert {one["status"] for one in answer.json["claims"]} == {"green"}
    assert maalem("-C", project, "verify", folder).code == 0


def test_a_dossier_stays_true_while_the_ledger_grows(maalem, written):
    project, folder = written
    with loop.open_workspace(project) as work:
        work.store.append("unrelated")
    assert (
        maalem("-C", project, "report", "--dossier", "--into", folder.parent / "b").code
        == 0
    )
    assert maalem("verify", folder).code == 0


def a_value(_, facts):
    facts["accuracy"]["value"][0]["value"]["value"] = 0.5


def a_state(_, facts):
    facts["robustness"].update(facts["labels"], field="robustness")


def a_statement(_, facts):
    facts["purpose"]["statement"]["by"] = "the Commission"


def a_pointer(_, facts):
    facts["labels"]["pointers"][0]["entry"] = 0


def a_digest(_, facts):
    facts["labels"]["pointers"][0]["digest"] = digest_bytes(b"other")


def a_release(said, _):
    said["release"] = digest_bytes(b"other")


def a_size(said, _):
    said["size"] += 1000


@pytest.mark.parametrize(
    "change",
    [a_value, a_state, a_statement, a_pointer, a_digest, a_release, a_size],
)
def test_an_edited_dossier_is_found(maalem, written, change):
    edit(written[1], change)
    answer = maalem("verify", written[1])
    assert answer.code == 5
    assert "dossier.unverified" in answer.err


@pytest.mark.parametrize(
    ("change", "named"),
    [(a_value, "accuracy"), (a_state, "robustness"), (a_pointer, "labels")],
)
def test_an_edited_field_is_named_even_if_the_ledger_was_told_of_the_edit(
    written, change, named
):
    project, folder = written
    edit(folder, change)
    with loop.open_workspace(project) as work:
        files = {
            one.name: digest_bytes(one.read_bytes())
            for one in folder.iterdir()
            if one.name.startswith("dossier")
        }
        work.store.append("dossier.write", details={"files": files})
        claims = {one.name: one for one in check(work, folder)}
    assert claims["files"].status == "green"
    bad = [one.text for one in claims.values() if one.status == "red"]
    assert bad
    assert all(named in one for one in bad)


def test_an_edited_page_is_found_and_a_missing_one_is_said(maalem, written):
    folder = written[1]
    page = folder / "dossier.fr.html"
    page.write_text(page.read_text("utf-8").replace("Amina", "CNDP"), encoding="utf-8")
    answer = maalem("verify", folder)
    assert answer.code == 5
    assert "dossier.fr.html" in answer.err
    page.unlink()
    answer = maalem("verify", folder, "--json")
    assert answer.code == 0
    assert "amber" in {one["status"] for one in answer.json["claims"]}


def test_one_language_leaves_no_page_of_an_older_dossier(maalem, written):
    project, folder = written
    answer = maalem("-C", project, "report", "--dossier", "--language", "fr", "--json")
    assert answer.json["files"] == ["dossier.json", "dossier.fr.html"]
    assert not (folder / "dossier.html").exists()
    assert "dossier.html" not in (folder / "dossier.fr.html").read_text("utf-8")


def test_what_the_settings_declare_of_the_base_stands_as_a_statement(maalem, copied):
    settings = copied / "maalem.toml"
    declared = (
        '\n[dossier]\nbase_training_flops = 1e20\nbase_training_source = "card"\n'
    )
    settings.write_text(settings.read_text("utf-8") + declared, encoding="utf-8")
    answer = maalem("-C", copied, "report", "--dossier", "--json")
    facts = {one["field"]: one for one in answer.json["dossier"]["facts"]}
    assert facts["base_compute"]["state"] == "stated"
    # The small kind of model has no body of a base in it: nothing to compare.
    assert facts["compute_share"]["state"] == "not recorded"
    assert maalem("verify", copied / "dossiers" / "system-1").code == 0


def test_what_was_declared_stays_in_a_dossier_when_the_settings_change(copied):
    with loop.open_workspace(copied) as work:
        made = write(work, release_to_report(work, "system-1"), languages=("en",))
        assert made.files == ("dossier.json", "dossier.html")
        assert {one.status for one in check(work, made.folder)} == {"green"}
        assert any(one.state == FILLED for one in made.dossier.facts)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("report",), 2, "maalem report --dossier"),
        (("report", "--dossier", "--release", "system-7"), 2, "dossier.no-release"),
    ],
)
def test_what_cannot_be_reported_is_said(maalem, journey, arguments, code, said):
    answer = maalem("-C", journey.folder, *arguments)
    assert answer.code == code
    assert said in answer.err


@pytest.mark.parametrize(
    ("flops", "source"), [(0.0, "card"), (float("inf"), "card"), (1e20, " ")]
)
def test_a_number_for_the_base_is_above_0_and_has_a_source(flops, source):
    with pytest.raises(SettingsError, match="base_training"):
        DossierSettings(base_training_flops=flops, base_training_source=source)


def test_without_a_release_there_is_no_dossier(maalem, project):
    answer = maalem("-C", project, "report", "--dossier")
    assert answer.code == 2
    assert "nothing was released yet" in answer.err


def test_a_statement_on_what_is_recorded_writes_no_dossier(maalem, copied):
    text = STATEMENT.replace("purpose", "labels")
    (copied / "dossier.toml").write_text(text, encoding="utf-8")
    answer = maalem("-C", copied, "report", "--dossier")
    assert answer.code == 2
    assert "dossier.recorded" in answer.err
    assert not (copied / "dossiers").exists()


def test_folders_that_are_gone_leave_fields_unrecorded_never_guessed(maalem, copied):
    for name in ("releases", "datasets", "bases"):
        (copied / name).rename(copied / f"{name}-elsewhere")
    answer = maalem("-C", copied, "report", "--dossier", "--json")
    assert answer.code == 0, answer.err
    states = {one["field"]: one["state"] for one in answer.json["dossier"]["facts"]}
    gone = ("released_at", "label_counts", "annotators", "sources", "parameters")
    assert {states[one] for one in gone} == {"not recorded"}
    assert states["labels"] == states["accuracy"] == FILLED
    assert maalem("verify", copied / "dossiers" / "system-1").code == 0


def test_a_changed_file_of_the_release_fills_no_dossier(maalem, copied):
    task = copied / "releases" / "system-1" / "task.toml"
    task.write_text(task.read_text("utf-8") + "\n# better\n", encoding="utf-8")
    answer = maalem("-C", copied, "report", "--dossier")
    assert answer.code == 5
    assert "task.toml" in answer.err


def test_a_file_that_is_no_dossier_is_refused(maalem, copied):
    (copied / "dossier.json").write_text('{"schema": "other"}', encoding="utf-8")
    answer = maalem("-C", copied, "verify", copied / "dossier.json")
    assert answer.code == 5
