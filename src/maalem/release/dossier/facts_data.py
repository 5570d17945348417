# SPDX-License-Identifier: Apache-2.0
"""What the records say about the data, and about those who labelled it."""

from collections import Counter
from collections.abc import Iterable

from maalem.records import Example
from maalem.release.dossier.facts_model import NOTHING, Found
from maalem.release.dossier.fields import Part, Pointer
from maalem.release.dossier.sources import Sources, deed_pointer


def data_facts(sources: Sources) -> dict[str, Found]:
    """Give the facts about dataset, documents and annotators, by key."""
    return {
        **_dataset(sources),
        **_rows(sources),
        **_documents(sources),
        **_annotators(sources),
    }


def _dataset(sources: Sources) -> dict[str, Found]:
    dataset, here = sources.dataset.record, (sources.dataset.pointer,)
    rows = sum(count for _, count in dataset.counts)
    version = Part(value=dataset.task_version, shape="digest", name="@version")
    whole = (
        Part(value=dataset.id, shape="digest", name="@digest"),
        Part(value=rows, shape="count", name="@examples"),
    )
    left_out = tuple(
        Part(value=reason, shape="sentence", name=f"{count}")
        for reason, count in dataset.left_out
    )
    nothing = (Part(value="nothing", shape="term"),)
    return {
        "dataset": (whole, here),
        "splits": (_ours(dataset.counts), here),
        "groups": (_ours(dataset.groups), here),
        "labels": (_texts(dataset.labels), here),
        "guideline": ((version,), (*here, *sources.versions)),
        "left_out": (left_out or nothing, here),
    }


def _rows(sources: Sources) -> dict[str, Found]:
    rows, here = sources.examples, (sources.dataset.pointer,)
    if rows is None:
        return {}
    dates = sorted(row.date for row in rows if row.date)
    period = (
        Part(value=dates[0], shape="text", name="@first"),
        Part(value=dates[-1], shape="text", name="@last"),
        Part(value=len(dates), shape="count", name="@dated"),
    ) if dates else ()  # fmt: skip
    labels = Counter(row.label for row in rows)
    known = sources.dataset.record.labels
    size = Part(
        value=sum(len(row.text) for row in rows), shape="count", name="@characters"
    )
    languages = Counter(row.language for row in rows)
    return {
        "label_counts": (_counted((one, labels[one]) for one in known), here),
        "languages": (
            tuple(
                Part(value=count, shape="count", name=f"@language_{name}")
                for name, count in languages.most_common()
            ),
            here,
        ),
        "periods": (period, here),
        "text_size": ((size,), here),
        "settling": (_settled(rows), here),
        "duplicates": _duplicates(sources, rows),
    }


def _settled(rows: tuple[Example, ...]) -> tuple[Part, ...]:
    return _ours(sorted(Counter(f"rule_{row.rule}" for row in rows).items()))


def _duplicates(sources: Sources, rows: tuple[Example, ...]) -> Found:
    copies = sum(one.same_as is not None for one in sources.passages)
    near = sum(bool(row.near) for row in rows)
    parts = (
        Part(value=near, shape="count", name="@near"),
        Part(value=copies, shape="count", name="@copies"),
    )
    here = (*map(deed_pointer, sources.deeds.added), sources.dataset.pointer)
    return (parts, here) if sources.passages else NOTHING


def _documents(sources: Sources) -> dict[str, Found]:
    if not sources.documents:
        return {}
    here = tuple(map(deed_pointer, sources.deeds.added))
    files = Counter(one.record.source for one in sources.documents)
    personal = Counter(
        f"personal_{found.what}" for one in sources.passages for found in one.personal
    )
    names = [] if "personal_name" in personal else [
        Part(value="names_unknown", shape="term", name="@personal_name")
    ]  # fmt: skip
    found = _ours(sorted(personal.items())) or (Part(value="none_found", shape="term"),)
    return {
        "sources": (_counted(files.most_common()), here),
        "personal_data": ((*found, *names), here) if sources.passages else NOTHING,
    }


def _annotators(sources: Sources) -> dict[str, Found]:
    answers = list(sources.answers.values())
    if not answers:
        return {}
    ends = _ends(sources)
    people = Counter(one.record.annotator for one in answers)
    timed = [one.record.seconds for one in answers if one.record.seconds is not None]
    parts = [
        Part(value=len(people), shape="count", name="@annotators"),
        Part(value=len(answers), shape="count", name="@answers"),
    ]
    if timed:
        parts.append(Part(value=sum(timed), shape="seconds", name="@time"))
    shown = Counter(
        {True: "shown", False: "blind", None: "shown_unknown"}[
            one.record.suggestion_shown
        ]
        for one in answers
    )
    return {
        "annotators": (tuple(parts), ends),
        "suggestions": (_ours(sorted(shown.items())), ends),
        "agreement": _agreement(sources),
        "qualification": _qualification(sources),
    }


def _ends(sources: Sources) -> tuple[Pointer, ...]:
    """Point to the first and the last answer; the dataset names those between."""
    ordered = sorted(
        sources.answers.values(), key=lambda one: (one.entry, one.record.id)
    )
    ends = dict.fromkeys((ordered[0].pointer, ordered[-1].pointer))
    return (sources.dataset.pointer, *ends)


def _agreement(sources: Sources) -> Found:
    alpha = sources.folder.agreement if sources.folder else None
    if alpha is None or alpha.value is None:
        return NOTHING
    parts = (
        Part(value=alpha.value, shape="number", name="@alpha"),
        Part(value=alpha.low, shape="number", name="@low"),
        Part(value=alpha.high, shape="number", name="@high"),
        Part(value=alpha.groups, shape="count", name="@items"),
    )
    kept = tuple(part for part in parts if part.value is not None)
    return kept, (sources.release.pointer,)


def _qualification(sources: Sources) -> Found:
    passed = sum(one.record.passed for one in sources.qualifications)
    count = len(sources.qualifications)
    parts = (
        Part(value=passed, shape="count", name="@passed"),
        Part(value=count - passed, shape="count", name="@failed"),
    )
    return (
        (parts, tuple(one.pointer for one in sources.qualifications))
        if count
        else NOTHING
    )


def _ours(pairs: Iterable[tuple[str, int]]) -> tuple[Part, ...]:
    """Count what the catalogue has a name for."""
    return tuple(
        Part(value=count, shape="count", name=f"@{name}") for name, count in pairs
    )


def _counted(pairs: Iterable[tuple[str, int]]) -> tuple[Part, ...]:
    return tuple(Part(value=count, shape="count", name=name) for name, count in pairs)


def _texts(values: Iterable[str]) -> tuple[Part, ...]:
    return tuple(Part(value=value, shape="text") for value in values)
