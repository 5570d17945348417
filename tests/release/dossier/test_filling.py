# SPDX-License-Identifier: Apache-2.0
import dataclasses
import tomllib

import pytest
from tests.release.builders import an_automation
from tests.release.dossier.builders import a_dossier, some_sources

from maalem.errors import IntegrityError, SettingsError
from maalem.release.dossier import read_dossier, write_dossier
from maalem.release.dossier.checking import (
    judge_files,
    judge_pointers,
    judge_release,
    judge_values,
)
from maalem.release.dossier.fields import FILLED, STATED, UNRECORDED, UNWRITTEN, Part
from maalem.release.dossier.outline import PERSONS, count_states
from maalem.release.dossier.statements import read_statements, write_form

STATEMENT = """
[purpose]
text = "Sort work orders."
by = "Amina"
date = 2026-11-24
fr = "Trier les ordres."
"""


def with_value(dossier, field, value):
    """The dossier with another first value in a field."""
    facts = [
        dataclasses.replace(one, value=(value, *one.value[1:]))
        if one.field == field
        else one
        for one in dossier.facts
    ]
    return dataclasses.replace(dossier, facts=tuple(facts))


def test_a_filled_field_has_a_pointer_and_no_other_has(tmp_path):
    for fact in a_dossier(tmp_path).facts:
        is_filled = fact.state == FILLED
        assert bool(fact.value) == bool(fact.pointers) == is_filled, fact.field


def test_what_only_a_person_can_say_is_to_be_written_the_rest_not_recorded(tmp_path):
    for fact in a_dossier(tmp_path).facts:
        if fact.state != FILLED:
            wanted = UNWRITTEN if fact.field in PERSONS else UNRECORDED
            assert fact.state == wanted, fact.field


def test_without_a_guarantee_the_reason_stands_there(tmp_path):
    sources = some_sources(tmp_path)
    automation = an_automation(
        threshold=None, bound=None, reason="there is nothing to measure"
    )
    report = dataclasses.replace(sources.report.record, automation=automation)
    kept = dataclasses.replace(sources.report, record=report)
    (part,) = a_dossier(tmp_path, report=kept).by_field["automation"].value
    assert (part.name, part.value) == ("@no_guarantee", "there is nothing to measure")
    report = dataclasses.replace(report, automation=None)
    kept = dataclasses.replace(sources.report, record=report)
    fact = a_dossier(tmp_path, report=kept).by_field["automation"]
    assert fact.state == UNRECORDED


def test_a_field_counts_once_in_a_document(tmp_path):
    facts = a_dossier(tmp_path).by_field
    assert count_states("law-09-08", facts) == {FILLED: 2, UNRECORDED: 1, UNWRITTEN: 11}


def test_a_statement_stands_as_the_persons(tmp_path):
    fact = a_dossier(tmp_path, read_statements(STATEMENT)).by_field["purpose"]
    assert (fact.state, fact.value, fact.pointers) == (STATED, (), ())
    assert (fact.statement.by, fact.statement.date) == ("Amina", "2026-11-24")
    assert fact.statement.text_in("fr") == "Trier les ordres."
    assert fact.statement.text_in("ar") == "Sort work orders."


def test_nobody_states_what_the_records_say(tmp_path):
    said = read_statements(STATEMENT.replace("purpose", "labels"))
    with pytest.raises(SettingsError, match="labels") as refused:
        a_dossier(tmp_path, said)
    assert refused.value.code == "dossier.recorded"


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('by = "Amina"', "", "dossier.unsigned"),
        ("date = 2026-11-24", "", "dossier.unsigned"),
        ("date = 2026-11-24", 'date = "yesterday"', "dossier.unsigned"),
        ('"Sort work orders."', "7", "settings.wrong-type"),
        ("[purpose]", "[[purpose]]", "settings.wrong-type"),
        ("[purpose]", "[purpos]", "settings.unknown-key"),
        ("fr =", "de =", "settings.unknown-key"),
    ],
)
def test_a_statement_that_nobody_signed_or_no_document_asks_for_is_refused(
    before, after, code
):
    with pytest.raises(SettingsError) as refused:
        read_statements(STATEMENT.replace(before, after))
    assert refused.value.code == code


def test_the_form_asks_for_what_is_missing_and_reads_back_once_filled(tmp_path):
    form = write_form(a_dossier(tmp_path))
    assert tomllib.loads(form) == {}
    assert "[labels]" not in form
    filled = form.replace("# [provider]  #", "[provider]  #").split("[provider]")[1]
    filled = filled.split("\n\n")[0].replace("# ", "").replace('""', '"2026-11-25"')
    body = "\n".join(filled.splitlines()[1:])
    assert set(read_statements(f"[provider]\n{body}")) == {"provider"}


def test_a_dossier_reads_back_as_it_was_written(tmp_path):
    dossier = a_dossier(tmp_path, read_statements(STATEMENT))
    assert read_dossier(write_dossier(dossier)) == dossier


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema": "maalem.demo/1"}'])
def test_what_is_no_dossier_is_not_read(content):
    with pytest.raises(IntegrityError):
        read_dossier(content)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"entry": 4', b'"entry": "4"'),
        (b'"entry": 4', b'"entry": true'),
        (b'"kind": "dataset.v1"', b'"kind": ["dataset.v1"]'),
        (b'"size": 10', b'"size": "10"'),
        (b'"state": "filled"', b'"state": null'),
        (b'"value": 2471', b'"value": NaN'),
        (b'"origin"', b'"origins"'),
        (b'"origin"', b'"name": "x", "origin"'),
        (b'"facts": [', b'"facts": ["x", '),
    ],
)
def test_a_dossier_with_parts_of_another_type_is_not_read(tmp_path, before, after):
    content = write_dossier(a_dossier(tmp_path))
    assert before in content
    with pytest.raises(IntegrityError):
        read_dossier(content.replace(before, after))


def test_an_edited_value_is_named(tmp_path):
    dossier = a_dossier(tmp_path)
    assert judge_values(dossier, dossier).status == "green"
    edited = with_value(dossier, "accuracy", Part(value="99 %", shape="text"))
    found = judge_values(edited, dossier)
    assert found.status == "red"
    assert "accuracy" in found.text


def test_a_field_that_was_emptied_or_added_is_named(tmp_path):
    dossier = a_dossier(tmp_path)
    shorter = dataclasses.replace(dossier, facts=dossier.facts[1:])
    facts = [one for one in dossier.facts if one.field != "labels"]
    emptied = dataclasses.replace(dossier, facts=tuple(facts))
    assert "labels" in judge_values(emptied, dossier).text
    assert "labels" in judge_values(dossier, emptied).text
    assert judge_values(shorter, dossier).status == "green"  # nobody filled it


def test_a_statement_is_not_compared_with_the_records(tmp_path):
    stated = a_dossier(tmp_path, read_statements(STATEMENT))
    assert judge_values(stated, a_dossier(tmp_path)).status == "green"


def test_a_pointer_that_leads_elsewhere_is_named_with_its_fields(tmp_path):
    dossier = a_dossier(tmp_path)
    found = judge_pointers(
        dossier, lambda one: "says something else" if one.entry == 4 else ""
    )
    assert found.status == "red"
    assert "Entry 4" in found.text
    assert judge_pointers(dossier, lambda _: "").status == "green"


def test_a_dossier_is_about_one_release_of_the_ledger(tmp_path):
    dossier = a_dossier(tmp_path)
    known = {some_sources(tmp_path).release.record.id: "system-3"}
    assert judge_release(dossier, known).status == "green"
    assert judge_release(dossier, {}).status == "red"
    renamed = dataclasses.replace(dossier, name="system-4")
    assert judge_release(renamed, known).status == "red"


def test_a_page_may_be_missing_but_not_changed():
    written = {"dossier.json": "sha256:1", "dossier.html": "sha256:2"}
    assert judge_files(dict(written), written).status == "green"
    assert judge_files({"dossier.json": "sha256:1"}, written).status == "amber"
    changed = judge_files({**written, "dossier.html": "sha256:3"}, written)
    assert changed.status == "red"
    assert "dossier.html" in changed.text
    assert judge_files(written, None).status == "red"
