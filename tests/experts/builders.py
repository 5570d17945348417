# SPDX-License-Identifier: Apache-2.0
"""Small items, answers and tasks, of which only the interesting part is named."""

import dataclasses
import json

from maalem.experts.annotations import UNNAMED, named
from maalem.records import Adjudication, Annotation, Item, digest_of
from maalem.tasks import LabelDefinition, TaskDefinition


def a_task(*labels):
    names = labels or ("Engine", "Bucket", "Hydraulic System")
    return TaskDefinition(
        name="system",
        title="Which system?",
        guideline="Choose one.",
        labels=tuple(
            one if isinstance(one, LabelDefinition) else LabelDefinition(name=one)
            for one in names
        ),
    )


def an_item(text="oil leak", *, number=0):
    passage = digest_of(["passage", text, number])
    return Item(
        id=digest_of(["item", passage]),
        task="system",
        passage=passage,
        text=text,
        group="g",
        language="en",
    )


def an_answer(item, label="Engine", **fields):
    fields = {"annotator": "expert:1", **fields}
    labels = fields.pop("labels", (label,) if label else ())
    return named(
        Annotation(id=UNNAMED, item=item.id, task=item.task, labels=labels, **fields)
    )


def an_adjudication(item, label="Engine", **fields):
    """Settle an item; whoever has the same id says the same."""
    labels = fields.pop("labels", (label,) if label else ())
    fields = {
        "adjudicator": "expert:9",
        "reason": "So says the manual.",
        "considered": (),
        "at": "2026-03-01T08:00:00+00:00",
        "guideline": digest_of("guideline"),
        **fields,
    }
    return Adjudication(
        id=digest_of(["adjudication", item.id, labels, fields["reason"]]),
        item=item.id,
        task=item.task,
        labels=labels,
        **fields,
    )


def write(folder, name, content):
    path = folder / name
    if isinstance(content, list) and path.suffix == ".jsonl":
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in content)
    if isinstance(content, list | dict):
        content = json.dumps(content, ensure_ascii=False)
    if isinstance(content, str):
        content = content.encode()
    path.write_bytes(content)
    return path


def changed(record, **fields):
    return dataclasses.replace(record, **fields)
