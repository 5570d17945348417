# SPDX-License-Identifier: Apache-2.0
"""With two people to a release, who taught a model never releases it alone."""

import io
import json
import shutil

import pytest
from tests.app.builders import caller
from tests.app.desk.builders import PASSWORD, OpenDesk, a_person
from tests.app.desk.test_no_english import english_on, speaking

from maalem.app import loop
from maalem.app.desk.people import Newcomer
from maalem.app.desk.people_deeds import create_first_owner
from maalem.app.releasing import ReleaseSettings
from maalem.app.steps.approvals import Consent, approve, propose
from maalem.app.steps.proposals import find_proposal, proposals
from maalem.errors import DataError, GateError, IntegrityError, SettingsError
from maalem.records import Release
from maalem.release import verify

TWO = "\n[release]\npeople = 2\n"


def claim(folder, name="approval"):
    found = verify(folder, key=(folder / "ledger.pub").read_bytes())
    return next(one for one in found.claims if one.name == name)


@pytest.fixture
def folder(journey, tmp_path):
    """A project that asks for two people, with an exam that is not released yet."""
    copy = shutil.copytree(journey.folder, tmp_path / "two")
    settings = copy / "maalem.toml"
    settings.write_text(settings.read_text("utf-8") + TWO, encoding="utf-8")
    with loop.open_workspace(copy) as work:
        loop.examine(work, loop.latest_runs(work, "system"))
        for role in ("owner", "releaser", "auditor"):
            a_person(work, role, password=PASSWORD)
    return copy


@pytest.fixture
def work(folder):
    with loop.open_workspace(folder) as opened:
        yield opened


@pytest.fixture
def exam(work):
    return loop.latest_exam(work, "system")


@pytest.fixture
def desk(work):
    return OpenDesk(work)


def consent(proposal, by, **changes):
    fields = {
        "by": by,
        "role": "releaser",
        "checkpoint": proposal.checkpoint,
        "note": "",
        "way": "desk",
    }
    return Consent(**{**fields, **changes})


def test_one_person_cannot_release_where_two_are_asked_for(work, exam):
    with pytest.raises(GateError) as refused:
        loop.release(work, exam)
    assert refused.value.code == "release.unapproved"
    propose(work, exam)
    with pytest.raises(GateError):
        loop.release(work, exam)
    assert work.store.count(Release) == 1


def test_who_taught_cannot_approve(work, exam):
    proposal = propose(work, exam)
    with pytest.raises(GateError) as refused:
        approve(work, proposal, consent(proposal, "owner"))
    assert refused.value.code == "release.same-person"


def test_who_set_the_desk_up_from_the_terminal_is_the_one_who_taught(work, exam):
    newcomer = Newcomer(name="Same", email=None, language="en", role="owner")
    work.store.change(lambda tables: tables.execute("DELETE FROM person"))
    same = create_first_owner(work.store, newcomer, secret="", now=1.0)
    proposal = propose(work, exam)
    with pytest.raises(GateError):
        approve(work, proposal, consent(proposal, same.id))


def test_two_people_make_a_release_that_proves_both(work, exam, desk):
    proposal = propose(work, exam)
    second = desk.member("releaser").id
    assert approve(work, proposal, consent(proposal, second)).missing == 0
    _, made = loop.release(work, exam)
    found = claim(made)
    assert (found.status, second in found.text) == ("green", True)
    assert verify(made).ok
    for page in ("release.html", "release.fr.html", "release.ar.html"):
        assert second in (made / page).read_text("utf-8")
    assert list(proposals(work)) == []


def test_an_approval_of_another_exam_does_not_count(work, exam, desk):
    proposal = propose(work, exam)
    approve(work, proposal, consent(proposal, desk.member("releaser").id))
    later = loop.examine(work, loop.latest_runs(work, "system"))
    assert find_proposal(work, later) is None
    with pytest.raises(GateError):
        loop.release(work, later)


def test_a_page_about_another_model_approves_nothing(work, exam, desk):
    proposal = propose(work, exam)
    second = desk.member("releaser").id
    with pytest.raises(DataError):
        approve(work, proposal, consent(proposal, second, checkpoint="sha256:0"))
    with pytest.raises(DataError):
        approve(work, proposal, consent(proposal, second, note="x" * 501))
    assert find_proposal(work, exam).missing == 1


def test_the_same_approval_counts_once(work, exam, desk):
    proposal = propose(work, exam)
    given = consent(proposal, desk.member("releaser").id)
    proposal = approve(work, proposal, given)
    with pytest.raises(GateError) as refused:
        approve(work, proposal, given)
    assert refused.value.code == "release.approved-already"


def test_proposing_twice_is_one_proposal(work, exam):
    assert propose(work, exam) == propose(work, exam)


def test_what_is_released_is_not_proposed_again(work, exam, desk):
    proposal = propose(work, exam)
    approve(work, proposal, consent(proposal, desk.member("releaser").id))
    loop.release(work, exam)
    with pytest.raises(IntegrityError):
        propose(work, exam)


def test_the_page_shows_what_is_approved_and_releases_it(work, exam, desk):
    proposal = propose(work, exam)
    client = desk.client("releaser")
    path = f"/releases/proposed/{proposal.entry}"
    assert path in client.get("/releases").text
    shown = client.get(path).text
    assert proposal.checkpoint in shown
    assert "Approve the release" in shown
    answer = client.post(
        path, data={"checkpoint": proposal.checkpoint, "note": "numbers looked at"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/releases/system-2"
    assert client.get("/releases/system-2").status_code == 200
    assert claim(work.folder / "releases" / "system-2").status == "green"
    assert client.get(path).status_code == 422


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_proposal_is_shown_and_refused_in_the_readers_language(
    work, exam, desk, language
):
    proposal = propose(work, exam)
    path = f"/releases/proposed/{proposal.entry}"
    for role in ("releaser", "auditor"):
        client = desk.client(member=speaking(work, role, language))
        shown = [client.get("/releases").text, client.get(path).text]
        shown += [client.get("/releases/proposed/0").text]
        shown += [client.post(path, data={"checkpoint": "x"}).text]
        assert [english_on(one, language) for one in shown] == [[]] * 4


def test_an_auditor_reads_a_proposal_and_cannot_approve_it(work, exam, desk):
    proposal = propose(work, exam)
    client, path = desk.client("auditor"), f"/releases/proposed/{proposal.entry}"
    assert "<textarea" not in client.get(path).text
    data = {"checkpoint": proposal.checkpoint}
    assert client.post(path, data=data).status_code == 403
    assert find_proposal(work, exam).missing == 1


def test_the_command_proposes_and_a_second_person_approves(folder, capsys, monkeypatch):
    maalem = caller(capsys)
    said = maalem(
        *("-C", folder, "--json", "release", "system", "--against-the-verdict")
    )
    assert said.code == 0
    assert json.loads(said.out)["missing"] == 1
    who = ("--by", "releaser.one@example.org")
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong password\n"))
    said = maalem("-C", folder, "approve", "system", *who)
    assert (said.code, "release.password" in said.err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert maalem("-C", folder, "--json", "approve", "system", *who).code == 0
    assert claim(folder / "releases" / "system-2").status == "green"


def test_who_may_not_release_cannot_approve_by_command(folder, capsys, monkeypatch):
    maalem = caller(capsys)
    maalem("-C", folder, "release", "system", "--against-the-verdict")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    who = ("--by", "auditor.one@example.org")
    said = maalem("-C", folder, "approve", "system", *who)
    assert (said.code, "desk.forbidden" in said.err) == (2, True)


def test_nothing_proposed_is_nothing_to_approve(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("x\n"))
    said = caller(capsys)("-C", folder, "approve", "system", "--by", "x")
    assert (said.code, "release.no-proposal" in said.err) == (2, True)


def test_one_person_is_said_to_be_one(journey):
    found = claim(journey.release)
    assert (found.status, "One person" in found.text) == ("amber", True)


@pytest.mark.parametrize("people", [0, 6])
def test_a_number_of_people_that_cannot_be_is_refused(people):
    with pytest.raises(SettingsError):
        ReleaseSettings(people=people)
