# SPDX-License-Identifier: Apache-2.0
"""A person is forgotten: who they are at once, what they said where they ask for it."""

import shutil

import pytest
from tests.app.marks import holding

from maalem.app import loop
from maalem.app.desk import invitations, people
from maalem.app.desk.people import Newcomer
from maalem.app.desk.sessions import Sessions
from maalem.app.steps.forgetting import carry_out, plan_erasure
from maalem.app.steps.members import erase_member
from maalem.errors import DataError
from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, Item, Pause, digest_of

NAME, EMAIL = "Khadija Benzekri-Lahlou", "khadija@lahlou.example"
MARKS = (NAME, EMAIL)
NOW = 1_780_000_000.0


@pytest.fixture
def staffed(journey, tmp_path):
    """A project with an owner and an expert who has answered, and her pseudonym."""
    folder = shutil.copytree(journey.folder, tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        owner = Newcomer(name="Omar", email="o@x.org", language="fr", role="owner")
        people.create(work.store, owner, now=NOW, by="set-up")
        guest = Newcomer(name=NAME, email=None, language="ar", role="expert")
        token = invitations.invite(work.store, guest, now=NOW, by="owner")
        found = invitations.find(work.store, token, now=NOW)
        joined = Newcomer(name=NAME, email=EMAIL, language="ar", role="expert")
        person = invitations.join(work.store, found, joined, secret="argon", now=NOW)
        Sessions(work.store).begin(person.id, now=NOW)
        answers = [
            named(
                Annotation(
                    id=UNNAMED,
                    item=item.id,
                    task="system",
                    annotator=person.id,
                    labels=("Hydraulics",),
                    note="as far as I can tell",
                )
            )
            for item in list(work.store.find(Item, "system"))[:20]
        ]
        pause = Pause(
            id=digest_of("pause"),
            task="system",
            annotator=person.id,
            is_lifted=False,
            reason="on leave, said her manager",
            by="owner",
            at="2026-11-25T09:00:00+00:00",
        )
        work.store.append("annotation.import", [*answers, pause])
        dataset = loop.freeze(work, "system", drop_leaks=True)
        loop.train(work, dataset)
    return folder, person.id


def test_who_somebody_is_is_in_no_file_and_their_answers_stay(staffed, maalem):
    folder, person = staffed
    assert holding(folder, MARKS)
    shown = maalem("-C", folder, "--json", "forget", EMAIL)
    assert shown.json["member"] is True
    assert NAME not in shown.out + shown.err
    done = maalem("-C", folder, "--json", "forget", EMAIL, "--yes").json
    assert (done["subject"], done["counts"], done["models"]) == (person, {}, [])
    assert holding(folder, MARKS) == []
    with loop.open_workspace(folder, read_only=True) as work:
        theirs = [one for one in work.store.find(Annotation) if one.annotator == person]
        assert len(theirs) == 20
        for table in ("person", "session", "identity", "person_key"):
            column = "id" if table == "person" else "person"
            query = f"SELECT 1 FROM {table} WHERE {column} = ?"  # ours
            assert not work.store.look(
                lambda tables, query=query: tables.execute(query, (person,)).fetchall()
            )
        assert work.store.count(Item) == 162


def test_with_their_answers_it_is_told_what_changes_and_what_learned_from_them(
    staffed, maalem
):
    folder, person = staffed
    shown = maalem("-C", folder, "--json", "forget", EMAIL, "--answers").json
    assert shown["counts"] == {"annotation": 20, "pause": 1}
    (dataset,) = [one for one in shown["datasets"] if one["dropped"]]
    assert (dataset["dropped"], dataset["changed"]) == (1, 0)
    assert dataset["loses_texts"] is False
    taught = {one["taught"] for one in shown["models"]}
    assert len(taught) == 1
    assert taught.pop() > 0
    maalem("-C", folder, "forget", EMAIL, "--answers", "--yes")
    with loop.open_workspace(folder) as work:
        assert person not in {one.annotator for one in work.store.find(Annotation)}
        assert work.store.count(Pause) == 0
        again = loop.freeze(work, "system", drop_leaks=True)
    assert again.id != dataset["id"]
    left = maalem("-C", folder, "--json", "forget", "--status").json["models"]
    assert {one["next_command"] for one in left} == {"maalem train system"}


def test_an_interrupted_forgetting_of_a_person_goes_on_by_pseudonym(staffed, maalem):
    folder, person = staffed
    with loop.open_workspace(folder) as work:
        details = {"subject": person, "with_answers": True}
        work.store.append("forget.begin", details=details)
        from_tables = plan_erasure(work, EMAIL)
        work.store.change(lambda tables: erase_member(tables, person))
    assert from_tables.subject.is_member
    told = maalem("-C", folder, "--json", "forget", "--status").json
    assert told["unfinished"] == [f"{person} --answers"]
    said = told["unfinished"][0].split()
    assert maalem("-C", folder, "forget", *said, "--yes").code == 0
    told = maalem("-C", folder, "--json", "forget", "--status").json
    assert told["unfinished"] == []
    assert holding(folder, MARKS) == []


def test_answers_that_outlive_a_name_are_forgotten_when_that_is_asked(staffed):
    folder, person = staffed
    with loop.open_workspace(folder) as work:
        carry_out(work, plan_erasure(work, EMAIL), reason="")
    with loop.open_workspace(folder) as work:
        with pytest.raises(DataError) as refused:
            plan_erasure(work, person)
        assert refused.value.code == "forget.nothing"
        carry_out(work, plan_erasure(work, person, with_answers=True), reason="")
        assert person not in {one.annotator for one in work.store.find(Annotation)}


def test_the_ledger_is_not_told_what_an_import_calls_somebody(journey, tmp_path):
    folder = shutil.copytree(journey.folder, tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        before = work.store.count(Annotation)
        plan = plan_erasure(work, "amina", with_answers=True)
        entry = carry_out(work, plan, reason="")
        assert work.store.count(Annotation) == before - 162
    assert plan.subject.name.startswith("annotator:sha256:")
    assert "amina" not in str(entry.details)


def test_the_only_owner_cannot_be_forgotten(staffed):
    folder, _ = staffed
    with loop.open_workspace(folder) as work:
        before = [entry.action for entry in work.store.entries()]
        with pytest.raises(DataError) as refused:
            plan_erasure(work, "o@x.org")
        assert [entry.action for entry in work.store.entries()] == before
    assert refused.value.code == "forget.last-owner"
