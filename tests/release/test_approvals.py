# SPDX-License-Identifier: Apache-2.0
"""What a release says about who stands behind it is proven by the ledger, or red."""

import pytest
from tests.release.builders import a_store, some_contents

from maalem.release import attach_proof, bundle, verify
from maalem.release.approvals import APPROVED, PROPOSED, TAUGHT
from maalem.release.contents import Approval


def a_proof(store, action, **details):
    return store.inclusion(store.append(action, details=details).index)


def judged(folder, *, approver="expert:b", told=None, of=None, lacks=(), **changes):
    """Give the claim of a release whose ledger says what the arguments say.

    `told` changes what the approval names, `of` what the model was taught as,
    `changes` what the folder says.
    """
    people = changes.setdefault("people", 2)
    with a_store(folder / "project") as store:
        contents = some_contents(folder)
        subject = {
            "checkpoint": contents.checkpoint.id,
            "dataset": contents.dataset.id,
            "verdict": contents.verdict.id,
        }
        model = of or subject["checkpoint"]
        taught = a_proof(store, TAUGHT, checkpoint=model)
        proposed = store.append(
            PROPOSED,
            details={
                **subject,
                "by": "owner",
                "people": people,
                "account": ["expert:a"],
            },
        )
        told = {**subject, "proposal": proposed.index, "by": approver, **(told or {})}
        parts = {
            "taught": taught,
            "approved": (a_proof(store, APPROVED, **told),),
            "proposed": store.inclusion(proposed.index),
        }
        for part in lacks:
            parts[part] = () if part == "approved" else ""
        names = {"proposer": "owner", "approvers": (approver,)}
        approval = Approval(**{**names, **parts, **changes})
        contents = some_contents(folder, approval=approval)
        made = bundle(contents, folder / "release", key=store.signing_key)
        entry = store.append("release.sign", [made], details={"release": made.id})
        attach_proof(folder / "release", store.inclusion(entry.index))
    found = verify(folder / "release")
    return next(one for one in found.claims if one.name == "approval")


def test_two_people_in_the_ledger_are_green(tmp_path):
    found = judged(tmp_path)
    assert found.status == "green"
    assert "expert:b" in found.text


def test_one_person_where_one_is_asked_for_is_amber(tmp_path):
    assert judged(tmp_path, people=1).status == "amber"


@pytest.mark.parametrize("part", ["taught", "proposed", "approved"])
def test_evidence_that_is_lacking_is_red(tmp_path, part):
    assert judged(tmp_path, lacks=(part,)).status == "red"


@pytest.mark.parametrize("approver", ["owner", "expert:a"])
def test_who_taught_or_has_that_account_does_not_count(tmp_path, approver):
    assert judged(tmp_path, approver=approver).status == "red"


@pytest.mark.parametrize("what", ["checkpoint", "dataset", "verdict"])
def test_an_approval_of_something_else_does_not_count(tmp_path, what):
    found = judged(tmp_path, told={what: "sha256:other"})
    assert (found.status, what in found.text) == ("red", True)


def test_an_approval_of_another_proposal_does_not_count(tmp_path):
    assert judged(tmp_path, told={"proposal": 0}).status == "red"


def test_the_teaching_of_another_model_is_no_evidence(tmp_path):
    assert judged(tmp_path, of="sha256:other").status == "red"


@pytest.mark.parametrize(
    "names", [{"proposer": "expert:c"}, {"approvers": ("expert:b", "expert:c")}]
)
def test_a_page_that_names_others_than_the_ledger_is_red(tmp_path, names):
    assert judged(tmp_path, **names).status == "red"


def test_three_people_are_not_two(tmp_path):
    assert judged(tmp_path, people=3).status == "red"
