# SPDX-License-Identifier: Apache-2.0
"""Live traffic on the desk: what is known with its interval, what is not as such."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.app.desk import traffic as written
from tests.app.desk.builders import OpenDesk, a_person
from tests.app.desk.traffic import a_request

from maalem.app import loop
from maalem.app.desk.speech import speech_in
from maalem.app.desk.traffic_gathering import traffic_of
from maalem.app.desk.traffic_period import DAY, HOUR, PERIODS
from maalem.app.desk.traffic_picture import draw_volume
from maalem.app.desk.traffic_sources import share_alone
from maalem.app.desk.traffic_view import Answering, Promise, Slot
from maalem.errors import IntegrityError
from maalem.evaluation.proportions import clopper_pearson
from maalem.records import Estimate, EvalReport, Release, digest_of


@pytest.fixture
def after(journey, tmp_path):
    """The desk of a project that went through the whole loop."""
    folder = shutil.copytree(journey.folder, tmp_path / "after")
    with loop.open_workspace(folder) as work:
        for role in ("owner", "auditor", "expert"):
            a_person(work, role)
        yield OpenDesk(work)


def give(desk, *requests):
    written.write(desk.work.folder, requests)


def shown(desk, path="/traffic/system", role="auditor"):
    answer = desk.client(role).get(path)
    assert answer.status_code == 200
    return answer.text


def counted(desk, *, period="day", task="system"):
    return traffic_of(desk.desk, task, PERIODS[period])


def release_of(desk):
    return next(desk.work.store.find(Release, "system"))


def test_before_any_request_the_page_says_how_to_ask_the_first(after):
    page = shown(after)
    assert "curl http://127.0.0.1:8000/v1/classifications" in page
    assert 'base_url="http://127.0.0.1:8000/v1"' in page
    assert 'id="live"' not in page


def test_a_task_without_a_release_is_said_to_answer_nothing(desk_client):
    page = desk_client("owner").get("/traffic/system").text
    assert "Nothing answers for this task yet" in page
    assert "curl" not in page


def test_requests_are_counted_in_the_hour_in_which_they_came(after):
    now = after.clock()
    give(
        after,
        *(a_request(at=now - 60) for _ in range(3)),
        a_request(at=now - 5 * HOUR, status=429, code="gateway.busy", model=""),
        a_request(at=now - 2 * DAY),
    )
    told = counted(after)
    assert [one.requests for one in told.slots if one.requests] == [1, 3]
    assert (told.requests, told.refused, told.latency.count) == (4, 1, 3)
    assert counted(after, period="week").requests == 5


def test_an_hour_without_requests_is_in_the_picture_too(after):
    give(after, a_request(at=after.clock() - 60))
    assert len(counted(after).slots) == 24
    assert len(counted(after, period="month").slots) == 30


def test_what_only_reads_or_corrects_is_no_traffic_of_a_model(after):
    now = after.clock()
    give(
        after,
        a_request(at=now, operation="read", model=""),
        a_request(at=now - 1, operation="feedback", model=""),
        a_request(at=now - 1),
    )
    assert counted(after).requests == 1


def test_the_share_decided_alone_counts_texts_and_leaves_shadows_out(after):
    now = after.clock() - 1
    give(
        after,
        a_request(at=now, alone=3, asked=1),
        a_request(at=now, alone=0, asked=4),
        a_request(at=now, alone=50, arm="shadow", model="sha256:s"),
    )
    told = counted(after)
    assert (told.texts, told.alone.value) == (8, 3 / 8)
    assert {one.arm: one.texts for one in told.answering} == {
        "champion": 8,
        "shadow": 50,
    }


def test_the_share_of_single_texts_has_the_exact_interval():
    told = share_alone([(1, 1, 30), (1, 0, 10), (0, 0, 99)])
    assert (told.low, told.high) == clopper_pearson(30, 40, level=0.95)
    assert (told.count, told.groups) == (40, 40)


def test_texts_that_come_together_prove_less_than_texts_that_come_alone():
    alone = share_alone([(1, 1, 30), (1, 0, 10)])
    together = share_alone([(10, 10, 3), (10, 0, 1)])
    assert together.value == alone.value
    assert together.low < alone.low
    assert together.high > alone.high


def test_nothing_decided_is_unknown_and_not_none_of_it(after):
    give(after, a_request(at=after.clock() - 1, status=503, code="gateway.refused"))
    told = counted(after)
    assert (told.alone.value, told.latency.p50, told.audit.error.value) == (None,) * 3
    assert shown(after).count("not measured yet") >= 5


def test_the_promise_is_that_of_the_release_which_answered(after):
    release = release_of(after)
    give(after, a_request(at=after.clock() - 1, release=release.id))
    (one,) = counted(after).answering
    assert one.promise.release == "system-1"
    assert one.promise.has_probes
    assert '<a href="/releases/system-1" id="who-1">' in shown(after)


def promise(desk, *, threshold=0.9, **share):
    """Let the release of a desk have promised something in its exam."""
    store, release = desk.work.store, release_of(desk)
    report = store.get(EvalReport, release.report)
    automation = replace(report.automation, threshold=threshold, **share)
    report = replace(report, id=digest_of(["r", str(share)]), automation=automation)
    made = replace(release, id=digest_of("promising"), number=2, report=report.id)
    store.append("test", [report, made])
    return made


def test_the_share_stands_beside_what_the_exam_showed_and_both_have_intervals(after):
    shown_in_exam = Estimate(value=0.8, low=0.72, high=0.86, count=120)
    release = promise(after, exam_share=shown_in_exam, accepted_error=0.05)
    now = after.clock() - 1
    give(
        after,
        *(a_request(at=now, release=release.id) for _ in range(30)),
        *(a_request(at=now, release=release.id, alone=0, asked=1) for _ in range(70)),
    )
    (one,) = counted(after).answering
    assert (one.standing, one.promise.accepted_error) == ("below", 0.05)
    page = shown(after)
    low, high = map(speech_in("en").percent, clopper_pearson(30, 100, level=0.95))
    assert f'30% <span class="quiet">[<bdi>{low} – {high}</bdi>]' in page
    assert '80% <span class="quiet">[<bdi>72% – 86%</bdi>]' in page
    assert "less than promised" in page


def test_an_exam_without_a_threshold_promised_nothing(after):
    release = promise(after, threshold=None, reason="too few errors are seen")
    give(after, a_request(at=after.clock() - 1, release=release.id, alone=0, asked=1))
    (one,) = counted(after).answering
    assert (one.standing, one.promise.alone.value) == ("unknown", None)
    assert "so nothing was promised" in shown(after)


def test_a_model_that_is_served_elsewhere_promises_nothing(after):
    give(after, a_request(at=after.clock() - 1, model="mistral@vllm"))
    (one,) = counted(after).answering
    assert (one.promise, one.standing) == (None, "unknown")
    assert "served elsewhere" in shown(after)


def an_answering(alone, promised):
    promise = Promise(
        release="r-1", alone=promised, accepted_error=0.05, has_probes=True
    )
    return Answering(
        model="m", arm="champion", requests=1, texts=1, alone=alone, p50=None,
        promise=promise,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "standing"),
    [
        (0.70, 0.80, "kept"),
        (0.50, 0.69, "below"),
        (0.91, 0.95, "above"),
        (None, None, "unknown"),
    ],
)
def test_a_share_is_held_against_the_promise_only_where_intervals_tell(
    low, high, standing
):
    promised = Estimate(value=0.8, low=0.7, high=0.9)
    assert an_answering(Estimate(value=0.8, low=low, high=high), promised).standing == (
        standing
    )


def test_a_promise_without_an_interval_is_not_broken():
    seen = Estimate(value=0.1, low=0.09, high=0.11)
    assert an_answering(seen, Estimate(value=0.9)).standing == "unknown"
    assert an_answering(seen, Estimate(value=None)).standing == "unknown"


def test_the_audit_counts_what_was_drawn_and_what_experts_said(after):
    now = after.clock() - 1
    several = [a_request(at=now, id=f"r{number}") for number in range(4)]
    give(after, *several)
    written.judge(
        after.work.folder,
        at=now,
        drawn=[(f"r{number}", 0.5) for number in range(3)],
        corrections=[
            ("r0", True, "audit", now),
            ("r1", False, "audit", now),
            ("r2", False, "feedback", now),  # a complaint is no answer to the audit
        ],
    )
    told = counted(after)
    assert (told.audit.drawn, told.audit.answered, told.audit.wrong) == (3, 2, 1)
    assert (told.audit.error.value, told.audit.standing) == (0.5, "unknown")
    assert (told.corrections.given, told.corrections.wrong) == (1, 1)
    assert told.corrections.open == 3
    assert "Of <bdi>3</bdi> answers drawn at random" in shown(after)


@pytest.mark.parametrize(
    ("low", "high", "accepted", "standing"),
    [
        (0.0, 0.04, 0.05, "kept"),
        (0.06, 0.2, 0.05, "broken"),
        (0.01, 0.2, 0.05, "open"),
        (None, None, 0.05, "unknown"),
        (0.0, 0.04, None, "unknown"),
    ],
)
def test_an_error_is_judged_by_its_interval(after, low, high, accepted, standing):
    give(after, a_request(at=after.clock() - 1))
    error = Estimate(value=0.05, low=low, high=high)
    audit = replace(counted(after).audit, error=error, accepted_error=accepted)
    assert audit.standing == standing


def test_equal_texts_for_a_person_are_one_case(after):
    now = after.clock() - 1
    give(after, a_request(at=now, alone=0, asked=2, id="x"), a_request(at=now))
    assert counted(after).corrections.cases == 2


@pytest.mark.parametrize("count", [1, 2, 100, 250])
def test_percentiles_are_those_of_numpy(after, count):
    seconds = [0.001 * (7 * number % count + 1) for number in range(count)]
    give(after, *(a_request(at=after.clock() - 1, seconds=one) for one in seconds))
    told = counted(after).latency
    wanted = np.percentile(seconds, [50, 95, 99], method="inverted_cdf")
    assert (told.p50, told.p95, told.p99) == pytest.approx(tuple(wanted))


def test_refusals_are_listed_by_code_the_commonest_first(after):
    now = after.clock() - 1
    give(
        after,
        a_request(at=now, status=429, code="gateway.busy", model=""),
        *(a_request(at=now, status=400, code="gateway.field", model="") for _ in "ab"),
        a_request(at=now, status=401, code="gateway.key", model="", task=""),
    )
    assert [one.code for one in counted(after).refusals] == [
        "gateway.field",
        "gateway.busy",
    ]
    assert "gateway.key" not in shown(after)
    assert "gateway.key" in shown(after, "/traffic")


def test_every_task_is_listed_with_its_last_day(after):
    assert "Never asked yet" in shown(after, "/traffic")
    give(after, a_request(at=after.clock() - 2 * DAY))
    listed = shown(after, "/traffic")
    assert "<bdi>0</bdi> requests in 24 hours" in listed
    assert ">system-1<" in listed


def test_a_file_that_cannot_be_read_is_told_and_is_no_failure_of_the_desk(after):
    path = after.work.folder / "gateway" / "traffic.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"no database at all, but longer than a head of sixteen bytes")
    for address in ("/traffic", "/traffic/system"):
        answer = after.client("auditor").get(address)
        assert answer.status_code == 503
        assert "The record of the traffic cannot be read" in answer.text
    with pytest.raises(IntegrityError):
        counted(after)
    page = after.client("owner").get("/traffic/system").text
    assert "Which release answers" in page  # a rollback cannot wait for a file


def test_an_empty_file_is_no_traffic_yet(after):
    (after.work.folder / "gateway").mkdir()
    (after.work.folder / "gateway" / "traffic.sqlite").touch()
    assert counted(after) is None


@pytest.mark.parametrize("path", ["/traffic/nothing", "/traffic/sy%27stem"])
def test_a_task_that_never_was_is_not_found(after, path):
    assert after.client("auditor").get(path).status_code == 404


@pytest.mark.parametrize("query", ["period=year", "period=", "since=0"])
def test_a_period_that_there_is_not_is_refused(after, query):
    answer = after.client("auditor").get(f"/traffic/system?{query}")
    assert answer.status_code in (400, 422)


def test_names_in_the_file_are_shown_as_text(after):
    evil = "<img src=x onerror=alert(1)>"
    give(
        after,
        a_request(at=after.clock() - 1, model=evil),
        a_request(at=after.clock() - 1, model="", status=400, code=evil),
    )
    page = shown(after)
    assert evil not in page
    assert page.count("&lt;img src=x") == 2


def test_looking_writes_nothing(after):
    give(after, a_request(at=after.clock() - 1))
    path = after.work.folder / "gateway" / "traffic.sqlite"
    before, entries = path.read_bytes(), list(after.work.store.entries())
    shown(after)
    assert path.read_bytes() == before
    assert list(after.work.store.entries()) == entries


def test_the_picture_holds_every_bar_and_has_its_numbers_behind_it(after):
    give(after, *(a_request(at=after.clock() - 1) for _ in range(7)))
    page = shown(after)
    assert page.count('class="bar"') == 24
    assert re.search(r'<svg[^>]*role="img"[^>]*aria-label="Requests over time', page)
    assert page.count('<td class="number">7</td>') >= 1


@pytest.mark.parametrize("most", [0, 1, 3, 17, 100, 12_345])
def test_no_bar_leaves_the_picture_and_the_highest_fills_most_of_it(most):
    slots = [Slot(start=0, answered=most, refused=0)] * 24
    picture = draw_volume(slots, PERIODS["day"], speech_in("en"))
    tops = {bar.top for bar in picture.bars}
    assert all(16.0 <= top <= 196.0 for top in tops)
    assert most < 2 or min(tops) <= 196.0 - 180.0 * 0.39
    assert len(picture.marks) <= 7


def test_who_may_not_read_sees_no_traffic(after):
    assert after.client("expert").get("/traffic").status_code == 403
    assert 'href="/traffic"' not in after.client("expert").get("/").text


def test_releases_and_tasks_lead_to_the_traffic(after):
    client = after.client("owner")
    assert 'href="/traffic/system"' in client.get("/releases/system-1").text
    assert 'href="/traffic/system"' in client.get("/tasks").text
    assert 'href="/traffic"' in client.get("/releases").text
