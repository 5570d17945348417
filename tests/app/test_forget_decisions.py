# SPDX-License-Identifier: Apache-2.0
"""What becomes of a model that learned from what was forgotten, and who says so."""

import pytest
from tests.app import builders
from tests.app.marks import TEACHING, forgotten, taught_again

from maalem.app import loop
from maalem.app.steps.deciding import decide, differences
from maalem.app.steps.forgotten_release import find_claim
from maalem.app.steps.retraining import duties
from maalem.errors import DataError, UsageError
from maalem.records import Release
from maalem.records.retraining import ModelDecision


def state(folder):
    """Give how the one duty stands."""
    with loop.open_workspace(folder, read_only=True) as work:
        (one,) = duties(work)
        return one


def test_a_withdrawn_model_answers_no_more_and_says_why(forgettable, maalem):
    forgotten(forgettable)
    release = forgettable / "releases" / "system-1"
    assert maalem("predict", release, "engine too hot").code == 0
    said = ("--reason", "asked for by letter 17")
    assert maalem("-C", forgettable, "forget", "system-1=restrict", *said).code == 0
    refused = maalem("--json", "predict", release, "engine too hot")
    assert (refused.code, refused.error["code"]) == (2, "release.restricted")
    assert refused.error["why"] == "asked for by letter 17"
    assert state(forgettable).state == "restricted"
    assert builders.actions(forgettable)["forget.decide"] == 1


def test_a_withdrawn_model_is_no_longer_the_one_to_beat(forgettable):
    forgotten(forgettable)
    with loop.open_workspace(forgettable) as work:
        decide(work, "system-1", "restrict")
        dataset = loop.freeze(work, "system", drop_leaks=True)
        exam = loop.examine(work, loop.train(work, dataset))
    assert "incumbent" not in {one.model for one in exam.report.measures}
    assert any("was withdrawn from use" in note for note in exam.notes)


def test_retraining_may_be_chosen_again_after_a_withdrawal(forgettable, maalem):
    forgotten(forgettable)
    with loop.open_workspace(forgettable) as work:
        decide(work, "system-1", "restrict")
        decide(work, "system-1", "retrain")
    assert state(forgettable).state == "open"
    release = forgettable / "releases" / "system-1"
    assert maalem("predict", release, "engine too hot").code == 0


def test_who_keeps_a_model_says_why(forgettable, maalem):
    forgotten(forgettable)
    bare = maalem("-C", forgettable, "--json", "forget", "system-1=justify")
    assert (bare.code, bare.error["code"]) == (2, "usage")
    with loop.open_workspace(forgettable) as work:
        model = next(work.store.find(Release)).checkpoint
        decide(work, model[7:17], "justify", reason="1 row of 92, anonymous")
        (kept,) = work.store.find(ModelDecision)
    one = state(forgettable)
    assert (one.state, one.reason) == ("justified", kept.reason)
    with loop.open_workspace(forgettable, read_only=True) as work:
        entry = [*work.store.entries("forget.decide")][-1]
    assert one.decided == entry.index


def test_a_reason_to_keep_a_model_holds_for_one_erasure(forgettable):
    forgotten(forgettable)
    with loop.open_workspace(forgettable) as work:
        decide(work, "system-1", "justify", reason="1 row of 92")
    forgotten(forgettable, "reports.csv row 3")
    with loop.open_workspace(forgettable, read_only=True) as work:
        assert [one.state for one in duties(work)] == ["justified", "open"]


@pytest.mark.parametrize(
    ("model", "decision", "kind"),
    [
        ("system-9", "restrict", DataError),
        ("0123456789", "restrict", DataError),
        ("system-1", "ignore", UsageError),
    ],
)
def test_what_cannot_be_decided_is_refused(forgettable, model, decision, kind):
    forgotten(forgettable)
    with loop.open_workspace(forgettable) as work:
        with pytest.raises(kind):
            decide(work, model, decision)
        assert work.store.count(ModelDecision) == 0


def test_settings_that_teach_otherwise_are_named(forgettable):
    forgotten(forgettable)
    settings = forgettable / "maalem.toml"
    text = settings.read_text("utf-8").replace("seeds = [0]", "seeds = [1]")
    settings.write_text(text, "utf-8")
    with loop.open_workspace(forgettable) as work:
        (one,) = duties(work)
        assert differences(work, one) == ("[training] seeds lacks 0",)
    taught_again(forgettable)
    assert state(forgettable).state == "open"


def test_a_signed_release_stays_whole_and_says_that_its_texts_were_erased(
    forgettable, maalem
):
    release = forgettable / "releases" / "system-1"
    before = builders.content(release)
    assert find_claim(release) is None
    entry = forgotten(forgettable).index
    assert builders.content(release) == before
    checked = maalem("--json", "verify", release)
    assert (checked.code, checked.json["ok"]) == (0, True)
    (claim,) = [one for one in checked.json["claims"] if one["name"] == "erasure"]
    assert claim["status"] == "amber"
    assert f"entry {entry}" in claim["text"]
    assert "it is open what becomes of it" in claim["text"]
    taught_again(forgettable)
    assert "system-2 took its place" in find_claim(release).text
    assert find_claim(forgettable / "releases" / "system-2") is None


def test_a_release_that_lies_elsewhere_knows_nothing_of_it(forgettable, tmp_path):
    forgotten(forgettable)
    there = (forgettable / "releases" / "system-1").rename(tmp_path / "system-1")
    assert find_claim(there) is None


def test_the_ledger_verifies_after_forgetting_and_teaching_again(forgettable, maalem):
    forgotten(forgettable, TEACHING)
    assert maalem("-C", forgettable, "verify", "--ledger").code == 0
    taught_again(forgettable)
    assert maalem("-C", forgettable, "verify", "--ledger").code == 0
