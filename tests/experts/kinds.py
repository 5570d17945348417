# SPDX-License-Identifier: Apache-2.0
"""A task, an item and answers of each kind, in texts that are hard to count in."""

import dataclasses

from tests.experts.builders import an_answer, an_item

from maalem.records import Span
from maalem.tasks import LabelDefinition, TaskDefinition
from maalem.tasks.labels import Criterion

HARD = "🚜 المحرك لا يَشتَغِل — «the 👩‍🔧 said: ٣ hours», עברית 𝔘 e\u0301nd"
"""Arabic with marks, an emoji of three, bidirectional text, a letter beyond UTF-16."""
LABELS = (
    LabelDefinition(name="Engine"),
    LabelDefinition(name='["Bucket"]'),
    LabelDefinition(name="=2+3"),
    LabelDefinition(name="محرّك", names=(("fr", "Moteur"),)),
)
TREE = (
    LabelDefinition(name="Machine"),
    LabelDefinition(name="Engine", parent="Machine"),
    LabelDefinition(name="Pump", parent="Engine"),
    LabelDefinition(name="Hose & <pipe>", parent="Machine"),
    LabelDefinition(name="Other"),
)
OPTIONS = ("the first 🚜", "الثاني", 'a, "third" <b>&</b>')
KINDS = {
    "choose": {"labels": LABELS},
    "choose-several": {"labels": LABELS},
    "hierarchical": {"answer": "choose", "labels": TREE},
    "hierarchical-several": {"answer": "choose-several", "labels": TREE},
    "compare": {"kind": "generate", "option_fields": ("a", "b")},
    "mark": {"kind": "search"},
    "rate": {
        "kind": "generate",
        "criteria": (
            Criterion(name="clear & <true>"),
            Criterion(name="مهذب", lowest=0, highest=10, names=(("fr", "poli"),)),
        ),
    },
    "rank": {"kind": "generate", "option_fields": ("a", "b", "c")},
    "correct": {"kind": "generate", "draft_field": "draft"},
    "write": {"kind": "generate", "question_field": "asked"},
}


def a_task_of(kind):
    """Give a task whose cards are answered in that way."""
    fields = {"answer": kind, "labels": (), **KINDS[kind]}
    return TaskDefinition(
        name="system", title='Which "system"?', guideline="Choose one.", **fields
    )


def an_item_of(kind, text=HARD, *, number=0):
    """Give an item that such a task asks about."""
    task = a_task_of(kind)
    return dataclasses.replace(
        an_item(text, number=number),
        question="What is broken?" if task.question_field else None,
        options=OPTIONS[: len(task.option_fields)],
        draft="Teh engin 🚜 is broken." if task.draft_field else None,
    )


def spans_in(text, *quotes):
    """Mark some parts of a text, in code points."""
    found = [(text.index(quote), quote) for quote in quotes]
    return tuple(
        Span(start=start, end=start + len(quote), quote=quote)
        for start, quote in sorted(found)
    )


def answers_of(kind):
    """Give what may be answered to the item of a kind, as fields of an annotation."""
    return {
        "choose": [{"labels": (one.name,)} for one in LABELS],
        "choose-several": [
            {"labels": ("Engine", "=2+3")},
            {"labels": ('["Bucket"]',)},
        ],
        "hierarchical": [{"labels": ("Pump",)}, {"labels": ("Hose & <pipe>",)}],
        "hierarchical-several": [{"labels": ("Pump", "Hose & <pipe>", "Other")}],
        "compare": [
            {"labels": (side,)} for side in ("first", "second", "both", "neither")
        ],
        "mark": [
            {"spans": spans_in(HARD, "🚜")},
            {"spans": spans_in(HARD, "يَشتَغِل", "👩‍🔧", "٣", "𝔘 e\u0301nd")},
        ],
        "rate": [{"ratings": (("clear & <true>", 5), ("مهذب", 0))}],
        "rank": [{"ranking": (2, 0, 1)}],
        "correct": [{"text": "The engine 🚜\nis broken."}],
        "write": [{"text": "المحرك.\n\n\"quoted\", 'so'"}],
    }[kind]


def every_answer(kind, item):
    """Give all of them with who, when and why, and what says why there is none."""
    about = {
        "at": "2026-03-05T10:11:12.123+00:00",
        "seconds": 3.25,
        "guideline": item.passage,
        "suggestion_shown": False,
        "note": "ملاحظة 🚜",
        "order_shown": tuple(reversed(range(len(item.options)))),
    }
    silent = [
        {"outcome": "unknown"},
        {"outcome": "bad-question", "reason": "two at once"},
        {"outcome": "withdrawn"},
        {"reason": "cannot tell"},
    ]
    given = [{**about, **fields} for fields in [*answers_of(kind), *silent]]
    return [
        an_answer(
            item, labels=fields.pop("labels", ()), annotator=f"expert:{n}", **fields
        )
        for n, fields in enumerate(given)
    ] + [
        an_answer(
            item,
            labels=fields.pop("labels", ()),
            key=f"0b7a-{n}",
            annotator="expert:k",
            **fields,
        )
        for n, fields in enumerate({**about, **one} for one in answers_of(kind))
    ]
