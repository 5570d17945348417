# SPDX-License-Identifier: Apache-2.0
"""A task's route: what may be a champion, a canary or a shadow, and who is told."""

import dataclasses

import pytest
from tests.app.builders import caller
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture

from maalem.app import loop
from maalem.app.steps.in_force import answering, in_force, release_name
from maalem.app.steps.route_change import Change
from maalem.app.steps.routing import change_route, state_of
from maalem.errors import MaalemError
from maalem.records import Release, Verdict, digest_of
from maalem.records.retraining import ModelDecision


@pytest.fixture
def two(copied, capsys):
    """A project with two releases; the second one the gate let ship too."""
    maalem = caller(capsys)
    assert maalem("-C", copied, "examine", "system").code in (0, 3)
    assert maalem("-C", copied, "release", "system", "--against-the-verdict").code == 0
    return copied


def change(deed, release="", **more):
    return Change(
        task="system", deed=deed, release=release, by="owner", why="a test", **more
    )


def done(work, *changes):
    """Do several things to the route; give how it stands then."""
    for one in changes:
        change_route(work, one)
    return state_of(work, "system")


def first(work):
    """Name the release that answers first."""
    return release_name(in_force(work)["system"][0])


def refused(work, *changes):
    with pytest.raises(MaalemError) as caught:
        done(work, *changes)
    return caught.value.code


BACK = change("promote", "system-1")
CANARY = change("canary", "system-2", share=0.25)


def test_without_a_decision_the_newest_release_answers_and_there_is_no_route(two):
    with loop.open_workspace(two) as work:
        state = state_of(work, "system")
        assert (state.champion, state.route) == ("system-2", None)


def test_a_promoted_release_is_in_force_and_the_one_before_comes_back(two):
    with loop.open_workspace(two) as work:
        state = done(work, BACK)
        assert (state.champion, state.previous) == ("system-1", "system-2")
        assert first(work) == "system-1"
        state = done(work, change("roll-back"))
        assert (state.champion, state.previous) == ("system-2", "")
        assert refused(work, change("roll-back")) == "route.nothing"


def test_a_rollback_ends_the_canary_before_it_touches_the_champion(two):
    with loop.open_workspace(two) as work:
        state = done(work, BACK, CANARY)
        assert (state.champion, state.canary, state.share) == (
            *("system-1", "system-2"),
            0.25,
        )
        state = done(work, change("roll-back"))
        assert (state.champion, state.canary, state.share) == ("system-1", "", 0.0)


def test_a_canary_keeps_its_salt_when_only_its_share_changes(two):
    with loop.open_workspace(two) as work:
        salt = done(work, BACK, CANARY).route.salt
        assert done(work, change("canary", "system-2", share=0.5)).route.salt == salt
        assert done(work, change("stop"), CANARY).route.salt != salt


def test_a_canary_answers_and_so_stands_among_the_models_that_do(two):
    with loop.open_workspace(two) as work:
        done(work, BACK, CANARY)
        releases = {release_name(one): one for one in work.store.find(Release)}
        models = {one.checkpoint for one in releases.values()}
        assert set(answering(work)) == models


def test_few_callers_are_split_by_requests(two):
    with loop.open_workspace(two) as work:
        assert done(work, BACK, CANARY).split == "request"
        state = done(work, change("canary", "system-2", split="caller"))
        assert state.split == "caller"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (change("canary", "system-2", share=0.6), "route.share"),
        (change("canary", "system-2", share=0.0), "route.share"),
        (change("canary", "system-2", share=float("nan")), "route.share"),
        (change("canary", "system-1"), "route.champion"),
        (change("canary", "system-9"), "route.release"),
        (change("shadow", "other-1"), "route.release"),
        (change("promote"), "route.nothing"),
        (change("erase"), "usage"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(two, wrong, code):
    with loop.open_workspace(two) as work:
        before = done(work, BACK)
        assert refused(work, wrong) == code
        assert state_of(work, "system") == before


def test_what_the_gate_did_not_let_ship_may_be_heard_but_answers_only_on_demand(two):
    with loop.open_workspace(two) as work:
        done(work, BACK)
        _, second = work.store.find(Release, "system")
        verdict = work.store.get(Verdict, second.verdict)
        held = dataclasses.replace(
            verdict, id=digest_of("held back"), outcome="dont-ship"
        )
        third = dataclasses.replace(
            second, id=digest_of("third"), number=3, verdict=held.id
        )
        work.store.append("test", [held, third])
        assert done(work, change("shadow", "system-3")).shadows == ("system-3",)
        wanted = change("canary", "system-3")
        assert refused(work, wanted) == "route.not-shipped"
        assert refused(work, change("promote", "system-3")) == "route.not-shipped"
        state = done(work, dataclasses.replace(wanted, is_against_the_verdict=True))
        assert (state.canary, state.shadows) == ("system-3", ())


def test_a_withdrawn_release_answers_on_no_route(two):
    with loop.open_workspace(two) as work:
        done(work, BACK)
        one, _ = work.store.find(Release, "system")
        decision = ModelDecision(
            id=digest_of("withdrawn"), model=one.checkpoint, decision="restrict",
            reason="asked for by letter 17", at="", by="owner",
        )  # fmt: skip
        work.store.append("forget.decide", [decision])
        assert in_force(work) == {}
        assert refused(work, change("roll-back")) == "release.restricted"


def test_a_task_that_the_settings_name_a_release_of_has_no_route(two):
    path = two / "maalem.toml"
    settings = path.read_text("utf-8")
    with loop.open_workspace(two) as work:
        done(work, BACK)
    path.write_text(f'{settings}\n[gateway]\nreleases = ["system-2"]\n', "utf-8")
    with loop.open_workspace(two) as work:
        assert first(work) == "system-2"
        assert refused(work, CANARY) == "route.named"


def test_the_ledger_says_who_changed_a_route_and_why(two):
    with loop.open_workspace(two) as work:
        done(work, dataclasses.replace(CANARY, release="system-1"))
        (entry,) = work.store.entries("route.change")
        told = (entry.details["deed"], entry.details["by"], entry.details["why"])
        assert told == ("canary", "owner", "a test")
