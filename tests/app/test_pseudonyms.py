# SPDX-License-Identifier: Apache-2.0
"""With `personal = "replace"` the values are nowhere in a project, and stay one."""

import json
import stat

import pytest
from tests.app import builders

from maalem.app import loop
from maalem.app.steps.pseudonyms import spared_answers
from maalem.app.steps.runs import dataset_folder
from maalem.app.steps.searching import Wanted, search
from maalem.corpus.pseudonyms import Pseudonyms, find_pseudonyms
from maalem.corpus.seeking import read_question
from maalem.dataset import read_dataset
from maalem.experts.imported import Imported
from maalem.records import Annotation, Document, Item, Passage, Span, digest_file

MAIL, PHONE, IBAN = "sara.benali@example.org", "0661234567", "DE89370400440532013000"
VALUES = (MAIL, PHONE, IBAN, "3704 0044")
KEY = "keys/pseudonyms.key"


def replacing(folder):
    """Let a project replace personal data from now on."""
    settings = folder / "maalem.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f'{text}\n[corpus]\npersonal = "replace"\n', encoding="utf-8")
    return folder


def planted(path):
    """Write reports with personal data in texts, and in columns that are kept."""
    rows = builders.rows()[:12]
    rows[0]["text"] += f" mail {MAIL}"
    rows[1]["text"] += " call 06 61 23 45 67"
    rows[2]["text"] += " call +212 661-234567"
    rows[3]["asset"] = f"{PHONE}"
    rows[4]["text"] += " pay DE89 3704 0044 0532 0130 00"
    return builders.a_table(path, rows), rows


def holding(folder, values):
    """Name the files of a project in which one of the values stands."""
    wanted = [value.encode() for value in values]
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in wanted)
    )


def test_what_was_replaced_is_in_no_file_of_the_project(project, tmp_path):
    table, rows = planted(tmp_path / "reports.csv")
    answers = builders.answers(tmp_path / "answers.jsonl", rows)
    plain = builders.a_project(tmp_path / "plain")
    for folder in (replacing(project), plain):
        with loop.open_workspace(folder) as work:
            loop.add(work, [table])
            loop.ask(work, "system")
            loop.collect(work, "system", answers)
    assert holding(plain, VALUES)
    assert holding(project, VALUES) == []
    digest = digest_file(table).removeprefix("sha256:")
    assert holding(plain, [digest])
    assert holding(project, [digest]) == []


def test_the_report_counts_what_was_replaced_and_what_was_not_looked_for(
    maalem, project, tmp_path
):
    table, _ = planted(tmp_path / "reports.csv")
    told = maalem("-C", replacing(project), "add", table, "--json").json
    assert told["replaced"] == {"email": 1, "iban": 1, "phone": 3}
    assert told["personal"] == {"email": 1, "iban": 1, "phone": 2}
    assert told["names"] == "not scanned"
    assert "dates of birth" in told["not_scanned"]
    assert told["has_originals"] is False


def test_documents_items_and_the_search_have_the_pseudonym(project, tmp_path):
    table, _ = planted(tmp_path / "reports.csv")
    with loop.open_workspace(replacing(project)) as work:
        loop.add(work, [table])
        loop.ask(work, "system")
        passages = [one for one in work.store.find(Passage) if one.personal]
        names = {
            (find.what, one.text[find.start : find.end])
            for one in passages
            for find in one.personal
        }
        phones = {name for what, name in names if what == "phone"}
        assert len(phones) == 1
        (name,) = phones
        fields = [dict(one.fields)["asset"] for one in work.store.find(Document)]
        assert fields.count(name) == 1
        assert sum(name in one.text for one in work.store.find(Item, "system")) == 2
        wanted = Wanted(sought=read_question(f'"{name[1:-1]}"'))
        assert len([*search(work.store, wanted)]) == 2


def test_answers_about_the_text_as_it_was_find_their_items(project, tmp_path):
    table, rows = planted(tmp_path / "reports.csv")
    answers = builders.answers(tmp_path / "answers.jsonl", rows)
    lines = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    lines[0] |= {"annotator": MAIL, "reason": f"ask {PHONE}"}
    answers.write_text("".join(f"{json.dumps(one)}\n" for one in lines), "utf-8")
    with loop.open_workspace(replacing(project)) as work:
        loop.add(work, [table])
        report = loop.collect(work, "system", answers)
        assert (report.new, report.refused) == (len(lines), ())
        given = [*work.store.find(Annotation, "system")]
    (named,) = [one for one in given if one.annotator not in ("amina", "bruno")]
    assert named.annotator.startswith("[email-")
    assert named.reason.startswith("ask [phone-")


def test_the_frozen_rows_and_their_card_have_pseudonyms(project, tmp_path):
    rows = builders.rows()
    rows[0]["text"] += f" mail {MAIL}"
    rows[1]["text"] += f" call {PHONE}"
    table = builders.a_table(tmp_path / "reports.csv", rows)
    with loop.open_workspace(replacing(project)) as work:
        loop.add(work, [table])
        loop.ask(work, "system")
        loop.collect(work, "system", builders.answers(tmp_path / "a.jsonl", rows))
        dataset = loop.freeze(work, "system", drop_leaks=True)
        folder = dataset_folder(work, dataset)
    texts = " ".join(one.text for one in read_dataset(folder)[1])
    assert MAIL not in texts
    assert PHONE not in texts
    assert {one.what for one in find_pseudonyms(texts)} == {"email", "phone"}
    card = (folder / "README.md").read_text("utf-8")
    assert "Replaced by pseudonyms: email 1, phone 1." in card


def test_the_same_file_again_brings_nothing_new(project, tmp_path):
    table, rows = planted(tmp_path / "reports.csv")
    for new in (len(rows), 0):
        with loop.open_workspace(replacing(project) if new else project) as work:
            report = loop.add(work, [table])
        assert (report.new, report.known) == (new, len(rows) - new)


def test_a_file_that_changes_while_it_is_read_is_refused_here_too(project, tmp_path):
    table, _ = planted(tmp_path / "reports.csv")
    with loop.open_workspace(replacing(project)) as work:
        report = loop.add(work, [table], tell=lambda *_: table.write_text("text\nx\n"))
    assert dict(report.refused) == {"corpus.changed": 1}


def test_the_key_is_made_once_and_is_for_its_owner_alone(maalem, project, tmp_path):
    table, _ = planted(tmp_path / "reports.csv")
    maalem("-C", replacing(project), "add", table, "--dry-run")
    assert not (project / KEY).exists()
    maalem("-C", project, "add", table)
    first = (project / KEY).read_bytes()
    assert stat.S_IMODE((project / KEY).stat().st_mode) == 0o600
    assert len(bytes.fromhex(first.decode())) == 32
    maalem("-C", project, "add", table)
    assert (project / KEY).read_bytes() == first


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda key: key.unlink(), "pseudonyms.key"),
        (lambda key: key.write_text("no key"), "pseudonyms.key"),
        (lambda key: key.write_text("abcd"), "pseudonyms.key"),
        (lambda key: key.chmod(0o644), "pseudonyms.key-open"),
    ],
)
def test_a_key_that_is_lost_damaged_or_open_is_refused(
    maalem, project, tmp_path, harm, code
):
    table, _ = planted(tmp_path / "reports.csv")
    maalem("-C", replacing(project), "add", table)
    harm(project / KEY)
    answer = maalem("-C", project, "add", table, "--json")
    assert answer.error["code"] == code


def test_documents_that_were_added_before_are_told_of(maalem, project, tmp_path):
    table, _ = planted(tmp_path / "reports.csv")
    maalem("-C", project, "add", table)
    answer = maalem("-C", replacing(project), "add", table)
    assert "added before still have their personal data" in answer.err


def test_the_owner_finds_a_persons_rows_by_the_value(maalem, project, tmp_path):
    table, _ = planted(tmp_path / "reports.csv")
    maalem("-C", replacing(project), "add", table)
    (name,) = maalem(
        "-C", project, "project", "pseudonym", "+212 6 61 23 45 67", "--json"
    ).json["texts"]
    with loop.open_workspace(project, read_only=True) as work:
        assert sum(name in one.text for one in work.store.find(Document)) == 2


@pytest.mark.parametrize(
    ("has_key", "code"), [(False, "pseudonyms.none"), (True, "pseudonyms.nothing")]
)
def test_a_pseudonym_that_cannot_be_told_is_refused(
    maalem, project, tmp_path, has_key, code
):
    if has_key:
        table, _ = planted(tmp_path / "reports.csv")
        maalem("-C", replacing(project), "add", table)
    answer = maalem("-C", project, "project", "pseudonym", "Sara Benali", "--json")
    assert answer.error["code"] == code
    assert "Benali" not in answer.out


def test_marks_in_a_text_that_was_changed_are_refused():
    marks = Imported(
        text=f"call {PHONE} now",
        labels=(),
        spans=(Span(start=16, end=19, quote="now"),),
        place="line 1",
    )
    (refusal,) = spared_answers(Pseudonyms(b"k" * 32), [marks])
    assert (refusal.code, refusal.place) == ("pseudonyms.spans", "line 1")
    assert [*spared_answers(None, [marks])] == [marks]


def test_a_marked_project_keeps_its_texts_and_makes_no_key(project, tmp_path):
    table, rows = planted(tmp_path / "reports.csv")
    with loop.open_workspace(project) as work:
        report = loop.add(work, [table])
        texts = {one.text for one in work.store.find(Document)}
    assert texts == {row["text"] for row in rows}
    assert report.replaced == {}
    assert not (project / KEY).exists()


def test_the_setting_takes_no_other_word(maalem, project):
    settings = replacing(project) / "maalem.toml"
    settings.write_text(settings.read_text("utf-8").replace('"replace"', '"hide"'))
    answer = maalem("-C", project, "status", "--json")
    assert "personal must be mark or replace, got 'hide'" in answer.error["message"]
