# SPDX-License-Identifier: Apache-2.0
"""What the records say about the exam, the gate and what the ledger did."""

from collections.abc import Iterator

from maalem.records import EvalReport, to_json
from maalem.release.dossier.facts_model import NOTHING, Found
from maalem.release.dossier.fields import Part
from maalem.release.dossier.sources import Sources, deed_pointer

_CANDIDATE, _ACCURACY, _ALL = "candidate", "accuracy", "all"
_METRICS = ("macro-f1", "log-loss", "calibration-error")


def exam_facts(sources: Sources) -> dict[str, Found]:
    """Give the facts about exam, gate and ledger, by key."""
    report, later = sources.report.record, sources.later
    here = (sources.report.pointer,)
    looks = (Part(value=report.look, shape="count"),)
    return {
        "accuracy": (tuple(_accuracy(report, _CANDIDATE)), here),
        "metrics": (tuple(_metrics(report)), here),
        "baselines": (tuple(_baselines(report)), here),
        "by_class": (tuple(_slices(report, "class")), here),
        "by_language": (tuple(_slices(report, "language")), here),
        "looks": (looks, here),
        "later_exam": (
            (tuple(_accuracy(later.record, _CANDIDATE)), (later.pointer,))
            if later
            else NOTHING
        ),
        "automation": _automation(sources),
        "gate": _gate(sources),
        **_notes(sources),
        **_ledger(sources),
    }


def _accuracy(report: EvalReport, model: str) -> Iterator[Part]:
    for one in report.measures:
        if (one.model, one.metric, one.slice) == (model, _ACCURACY, _ALL):
            yield Part(value=to_json(one.estimate), shape="estimate")


def _metrics(report: EvalReport) -> Iterator[Part]:
    for one in report.measures:
        if (one.model, one.slice) == (_CANDIDATE, _ALL) and one.metric in _METRICS:
            name = f"@{one.metric.replace('-', '_')}"
            yield Part(value=to_json(one.estimate), shape="measure", name=name)


def _baselines(report: EvalReport) -> Iterator[Part]:
    for one in report.measures:
        if (one.metric, one.slice) == (_ACCURACY, _ALL) and one.model != _CANDIDATE:
            name = f"@model_{one.model.replace('-', '_')}"
            yield Part(value=to_json(one.estimate), shape="estimate", name=name)


def _slices(report: EvalReport, kind: str) -> Iterator[Part]:
    begins = f"{kind}="
    for one in report.measures:
        is_ours = (one.model, one.metric) == (_CANDIDATE, _ACCURACY)
        if is_ours and one.slice.startswith(begins):
            name = one.slice.removeprefix(begins)
            name = f"@language_{name}" if kind == "language" else name
            yield Part(value=to_json(one.estimate), shape="estimate", name=name)


def _automation(sources: Sources) -> Found:
    share, here = sources.report.record.automation, (sources.report.pointer,)
    if share is None:
        return NOTHING
    if share.threshold is None or share.bound is None:
        return (Part(value=share.reason, shape="sentence", name="@no_guarantee"),), here
    parts = (
        Part(value=to_json(share.exam_share), shape="estimate", name="@automatic"),
        Part(value=share.accepted_error, shape="share", name="@accepted"),
        Part(value=share.bound, shape="share", name="@bound"),
        Part(value=1.0 - share.delta, shape="share", name="@confidence"),
        Part(value=share.threshold, shape="number", name="@threshold"),
        Part(value="rest_to_people", shape="term"),
    )
    return parts, here


def _gate(sources: Sources) -> Found:
    verdict = sources.verdict.record
    outcome = {"ship": "ship", "don't ship": "dont"}.get(verdict.outcome, "unsure")
    parts = (
        Part(value=f"outcome_{outcome}", shape="term"),
        Part(value=verdict.gate, shape="sentence", name="@gate"),
        Part(value=verdict.reason, shape="sentence", name="@reason"),
    )
    return parts, (sources.verdict.pointer,)


def _notes(sources: Sources) -> dict[str, Found]:
    exam, folder = sources.deeds.exam, sources.folder
    said = exam.details.get("notes", ()) if exam else ()
    notes = [one for one in said if isinstance(one, str)] if isinstance(
        said, list | tuple
    ) else []  # fmt: skip
    none = (Part(value="nothing", shape="term"),)
    parts = tuple(Part(value=one, shape="sentence") for one in notes)
    caveats = folder.caveats if folder else None
    own = tuple(Part(value=one, shape="text") for one in caveats or ())
    looks = sources.deeds.looks
    return {
        "exam_notes": (parts or none, (deed_pointer(exam),)) if exam else NOTHING,
        "caveats": (own, (sources.release.pointer,)) if own else NOTHING,
        "exam_dates": (
            tuple(Part(value=one.at, shape="moment") for one in looks),
            tuple(map(deed_pointer, looks)),
        ),
    }


def _ledger(sources: Sources) -> dict[str, Found]:
    deeds = sources.deeds
    ends = (deed_pointer(deeds.first), deed_pointer(deeds.last))
    size = Part(value=deeds.last.index + 1, shape="count", name="@entries")
    period = (
        Part(value=deeds.first.at, shape="moment", name="@first"),
        Part(value=deeds.last.at, shape="moment", name="@last"),
    )
    counts = tuple(
        Part(value=count, shape="count", name=name) for name, count in deeds.counts
    )
    return {
        "ledger": ((size,), ends),
        "log_period": (period, ends),
        "deeds": (counts, ends),
        "chronology": (
            tuple(
                Part(value=one.at, shape="moment", name=one.action)
                for one in deeds.about
            ),
            tuple(map(deed_pointer, deeds.about)),
        ),
    }
