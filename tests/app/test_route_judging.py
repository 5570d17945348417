# SPDX-License-Identifier: Apache-2.0
"""What evidence decides about a route by itself, and what it leaves to a person."""

import dataclasses

import pytest
from tests.app.builders import caller
from tests.app.test_gateway import clock
from tests.app.test_route_command import until
from tests.app.test_routes import BACK, CANARY, change, done, two  # noqa: F401  # a fixture
from tests.serving.routes.builders import TrafficFile

from maalem.app import loop
from maalem.app.gateway.opening import open_gateway
from maalem.app.steps.route_evidence import challenges
from maalem.app.steps.route_judging import judge_routes, wanted_changes
from maalem.app.steps.routing import state_of
from maalem.errors import MaalemError
from maalem.records import Release, Verdict, digest_of
from maalem.records.retraining import ModelDecision

SHADOW = change("shadow", "system-2")


@pytest.fixture
def work(two):  # noqa: F811  # the fixture
    with loop.open_workspace(two) as opened:
        yield opened


def releases(work):
    return [one.id for one in work.store.find(Release, "system")]


def allowed(folder):
    path = folder / "maalem.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[routes]\nautomatic = true\n", "utf-8")


def test_without_evidence_nothing_is_decided(work):
    done(work, BACK, CANARY)
    (one,) = challenges(work, "system")
    assert (one.release, one.arm) == ("system-2", "canary")
    assert (one.finding.difference, one.finding.decision) == (None, "continue")
    assert judge_routes(work) == ()


def test_a_canary_that_errs_more_is_ended_and_the_ledger_has_the_numbers(work):
    done(work, BACK, CANARY)
    first, second = releases(work)
    file = TrafficFile(work.folder)
    file.judged(first, wrong=3, right=60)
    file.judged(second, wrong=25, right=30, arm="canary")
    (route,) = judge_routes(work)
    assert (route.deed, route.by, route.canary) == ("roll-back", "gateway", None)
    state = state_of(work, "system")
    assert (state.champion, state.canary) == ("system-1", "")
    *_, entry = work.store.entries("route.change")
    assert entry.details["evidence"]["judged"] == [63, 55]
    assert entry.details["evidence"]["worse"] >= 20
    assert judge_routes(work) == ()


def test_complaints_end_a_canary(work):
    done(work, BACK, CANARY)
    first, second = releases(work)
    file = TrafficFile(work.folder)
    for release, complained in ((first, 1), (second, 20)):
        names = [file.answer(release) for _ in range(60)]
        for name in names[:complained]:
            file.complain(name)
    (route,) = judge_routes(work)
    assert (route.deed, route.by) == ("roll-back", "gateway")
    assert "complain" in route.why


def test_what_is_better_is_promoted_only_where_the_owner_allows_it(two):  # noqa: F811
    with loop.open_workspace(two) as work:
        done(work, BACK, CANARY)
        first, second = releases(work)
        file = TrafficFile(work.folder)
        file.judged(first, wrong=40, right=60)
        file.judged(second, wrong=4, right=96, arm="canary")
        assert challenges(work, "system")[0].finding.decision == "promote"
        assert judge_routes(work) == ()
    allowed(two)
    with loop.open_workspace(two) as work:
        (route,) = judge_routes(work)
        assert (route.deed, route.by) == ("promote", "gateway")
        state = state_of(work, "system")
        assert (state.champion, state.previous) == ("system-2", "system-1")


def a_better_shadow(work):
    """Write that a shadow erred less than the champion; else as `two`."""
    first, *_, last = releases(work)
    file = TrafficFile(work.folder)
    for number in range(100):
        name = file.answer(first, label="b" if number < 40 else "a")
        file.answer(last, label="a", arm="shadow", name=f"{name}.shadow")
        file.judge(name, "a")


def test_what_fails_for_one_task_keeps_no_other_from_being_judged(work):
    done(work, BACK, CANARY)
    first, second = releases(work)
    file = TrafficFile(work.folder)
    file.judged(first, wrong=3, right=60)
    file.judged(second, wrong=25, right=30, arm="canary")
    route = state_of(work, "system").route
    broken = dataclasses.replace(route, id=digest_of("b"), task="account", at="?")
    work.store.append("test", [broken])
    with pytest.raises(MaalemError):
        judge_routes(work)
    assert state_of(work, "system").route.by == "gateway"
    with pytest.raises(MaalemError):
        list(wanted_changes(work))


def test_a_better_shadow_is_wanted_where_the_owner_allows_it(two):  # noqa: F811
    allowed(two)
    with loop.open_workspace(two) as work:
        done(work, BACK, SHADOW)
        a_better_shadow(work)
        assert [one.release for one in wanted_changes(work)] == ["system-2"]


def test_a_task_whose_release_the_settings_name_is_not_judged(two):  # noqa: F811
    allowed(two)
    with loop.open_workspace(two) as work:
        done(work, BACK, SHADOW)
        a_better_shadow(work)
    path = two / "maalem.toml"
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[gateway]\nreleases = ["system-1"]\n', "utf-8")
    with loop.open_workspace(two) as work:
        assert not list(wanted_changes(work))
        assert judge_routes(work) == ()


def test_what_was_withdrawn_is_not_wanted(two):  # noqa: F811
    allowed(two)
    with loop.open_workspace(two) as work:
        done(work, BACK, SHADOW)
        a_better_shadow(work)
        decision = ModelDecision(
            id=digest_of("withdrawn"),
            model=work.store.get(Release, releases(work)[1]).checkpoint,
            decision="restrict",
            reason="asked for by letter 17",
            at="",
            by="owner",
        )
        work.store.append("forget.decide", [decision])
        assert not list(wanted_changes(work))
        assert judge_routes(work) == ()


def test_what_the_gate_held_back_is_a_persons_to_promote(two):  # noqa: F811
    allowed(two)
    with loop.open_workspace(two) as work:
        second = work.store.get(Release, releases(work)[1])
        verdict = work.store.get(Verdict, second.verdict)
        held = dataclasses.replace(verdict, id=digest_of("held"), outcome="dont-ship")
        third = dataclasses.replace(
            second, id=digest_of("third"), number=3, verdict=held.id
        )
        work.store.append("test", [held, third])
        done(work, BACK, change("shadow", "system-3"))
        a_better_shadow(work)
        assert challenges(work, "system")[0].finding.decision == "promote"
        assert not list(wanted_changes(work))
        assert judge_routes(work) == ()


def test_no_absence_of_complaints_promotes(two):  # noqa: F811
    with loop.open_workspace(two) as work:
        done(work, BACK, CANARY)
        first, second = releases(work)
        file = TrafficFile(work.folder)
        for name in [file.answer(first) for _ in range(60)][:40]:
            file.complain(name)
        for _ in range(60):
            file.answer(second, arm="canary")
    allowed(two)
    with loop.open_workspace(two) as work:
        assert judge_routes(work) == ()


def test_a_shadow_is_compared_on_the_same_texts_and_never_rolled_back(two, capsys):  # noqa: F811
    with loop.open_workspace(two) as work:
        done(work, BACK, SHADOW)
        first, second = releases(work)
        file = TrafficFile(work.folder)
        for number in range(40):
            name = file.answer(first, label="a")
            told = "b" if number < 25 else "a"
            file.answer(second, label=told, arm="shadow", name=f"{name}.shadow")
            file.judge(name, "a")
        (one,) = challenges(work, "system")
        assert (one.finding.champion, one.asked) == (40, 40)
        assert one.finding.difference == pytest.approx(25 / 40)
        assert one.finding.decision == "roll-back"
        share, low, high = one.disagreement
        assert low < share == 25 / 40 < high
        assert judge_routes(work) == ()
    shown = caller(capsys)("-C", two, "route", "show", "system").out
    assert "system-2 errs +62.5% against the champion" in shown
    told = caller(capsys)("-C", two, "--json", "route", "show", "system").json
    assert told["challenges"][0]["asked"] == 40


def test_only_answers_since_the_canary_began_count(work):
    first, second = releases(work)
    file = TrafficFile(work.folder, at=1000.0)
    file.judged(first, wrong=3, right=60)
    file.judged(second, wrong=25, right=30, arm="canary")
    done(work, BACK, CANARY)
    (one,) = challenges(work, "system")
    assert (one.finding.champion, one.finding.challenger) == (0, 0)


def test_a_gateway_that_only_reads_follows_and_ends_a_worse_canary(two):  # noqa: F811
    with loop.open_workspace(two) as work:
        done(work, BACK)
    path = two / "maalem.toml"
    path.write_text(
        f"{path.read_text('utf-8')}\n[routes]\nevery_seconds = 1\n", "utf-8"
    )
    with loop.open_workspace(two, read_only=True) as work:
        gateway = open_gateway(work, clock=clock)
        try:
            with loop.open_workspace(two) as writing:
                done(writing, CANARY)
            until(lambda: gateway.models.canaries)
            first, second = releases(work)
            file = TrafficFile(two)
            file.judged(first, wrong=3, right=60)
            file.judged(second, wrong=25, right=30, arm="canary")
            until(lambda: not gateway.models.canaries)
        finally:
            gateway.close()
        assert state_of(work, "system").route.by == "gateway"
