# SPDX-License-Identifier: Apache-2.0
"""Live traffic gathered: the gateway's file beside what the releases promise."""

from collections.abc import Mapping, Sequence

from maalem.app.desk import traffic_sources as sources
from maalem.app.desk.desk import Desk
from maalem.app.desk.traffic_period import Period
from maalem.app.desk.traffic_view import (
    Answering,
    Audit,
    Promise,
    TaskTraffic,
    Traffic,
)
from maalem.app.steps.corrections import audit_error, traffic_file
from maalem.app.steps.in_force import in_force, release_name
from maalem.records import Estimate, EvalReport, Release
from maalem.release.probes import PROBES
from maalem.serving.corrections.reading import open_questions
from maalem.serving.occurrences import CHAMPION

NO_MODEL = ""
"""The task of requests that reached no model, such as those with a wrong key."""


def tasks_of(desk: Desk) -> list[TaskTraffic]:
    """Give every task with its traffic of the last day, at last what reached no model.

    Raises:
        IntegrityError: The gateway's file cannot be read.
    """
    released = {one.task for one in desk.work.store.find(Release)}
    names = sorted({*desk.work.task_names(), *released})
    with sources.reading(desk.work.folder) as opened:
        if opened is None:
            return [_unasked(name) for name in names]
        now = desk.clock()
        found = [sources.task_in(opened, name, now) for name in (*names, NO_MODEL)]
    return [one for one in found if one.name or one.last is not None]


def _unasked(name: str) -> TaskTraffic:
    return TaskTraffic(name=name, requests=0, refused=0, last=None)


def traffic_of(desk: Desk, task: str, period: Period) -> Traffic | None:
    """Give the live traffic of a task; none where no request for it ever came.

    Args:
        desk: The running desk.
        task: Name of the task; empty for requests that reached no model.
        period: How far back.

    Raises:
        IntegrityError: The gateway's file cannot be read.
    """
    span = sources.Span(task=task, period=period, now=desk.clock())
    with sources.reading(desk.work.folder) as opened:
        if opened is None or sources.task_in(opened, task, span.now).last is None:
            return None
        promises = promises_of(desk, task)
        texts = sources.texts_in(opened, span)
        answering = sources.answering_in(opened, span, texts=texts, promises=promises)
        decided, alone = sources.share_of_sent(texts)
        return Traffic(
            task=task,
            period=period,
            now=span.now,
            slots=sources.slots_in(opened, span),
            texts=decided,
            alone=alone,
            latency=sources.latency_in(opened, span),
            refusals=sources.refusals_in(opened, span),
            answering=answering,
            audit=_audit(desk, span, accepted_error=_accepted(answering)),
            corrections=sources.corrections_in(
                opened,
                span,
                waiting=open_questions(traffic_file(desk.work), task),
            ),
        )


def promises_of(desk: Desk, task: str) -> Mapping[str, Promise]:
    """Give what the exam of each release promised, by the release's digest."""
    return {
        str(one.id): _promise(desk, one) for one in desk.work.store.find(Release, task)
    }


def answering_now(desk: Desk, task: str) -> str:
    """Name the release that is in force for a task; empty where none is."""
    several = in_force(desk.work).get(task, ())
    return release_name(several[0]) if several else ""


def _promise(desk: Desk, release: Release) -> Promise:
    report, name = (
        desk.work.store.get(EvalReport, release.report),
        release_name(release),
    )
    share = report.automation
    if share is None:
        alone = Estimate(value=None, reason="the exam did not measure it")
    elif share.threshold is None:
        alone = Estimate(value=None, reason=share.reason)
    else:
        alone = share.exam_share
    return Promise(
        release=name,
        alone=alone,
        accepted_error=share.accepted_error if share else None,
        has_probes=(desk.work.folder / "releases" / name / PROBES).is_file(),
    )


def _audit(desk: Desk, span: sources.Span, *, accepted_error: float | None) -> Audit:
    """Give what experts found of the answers of a span of time."""
    found = audit_error(desk.work, span.task, since=span.period.since(span.now))
    return Audit(
        drawn=found.drawn,
        answered=found.answered,
        wrong=found.wrong,
        error=Estimate(
            value=found.estimate,
            low=found.low,
            high=found.high,
            level=found.level,
            count=found.answered,
            reason=found.reason,
        ),
        accepted_error=accepted_error,
    )


def _accepted(answering: Sequence[Answering]) -> float | None:
    """Give the error that the owner accepts of the champion that answered most."""
    return next(
        (
            one.promise.accepted_error
            for one in answering
            if one.arm == CHAMPION and one.promise is not None
        ),
        None,
    )
