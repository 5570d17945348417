# SPDX-License-Identifier: Apache-2.0
"""Small examples with only the interesting argument visible."""

from dataclasses import replace

from maalem.dataset import Shares, freeze
from maalem.dataset.splits import SPLITS
from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, Example, Gold, Item, digest_of

SHARES = Shares()
LABELS = ("Engine", "Bucket")
VERSION = digest_of({"task": "system", "version": 1})
TEXTS = (
    "coolant leaking under the left track",
    "teeth worn, replace before night shift",
    "noise when lifting a full load",
    "seat belt torn in the cabin",
    "oil pressure falls after one hour",
    "grease line broken at the pin",
    "camera shows no picture",
    "مضخة الزيت لا تعمل منذ الصباح",
    "le godet est fissuré sur le bord",
    "l'alternateur ne charge plus la batterie",
    "exhaust smokes black at idle",
    "hydraulic hose rubs on the frame",
)


def an_example(number=0, **changes):
    """Every number has its own item, text, group; numbers go round splits, labels."""
    example = Example(
        item=digest_of({"item": number}),
        text=f"{TEXTS[number % len(TEXTS)]} {number:x}",
        label=LABELS[(number // 3) % 2],
        group=f"group {number}",
        language="en",
        split=SPLITS[number % 3],
        annotations=(digest_of({"annotation": number}),),
        passage=digest_of({"passage": number}),
    )
    return replace(example, **changes)


def some_examples(count=12):
    return [an_example(number) for number in range(count)]


def an_item(number=0, **changes):
    item = Item(
        id=digest_of({"item": number}),
        task="system",
        passage=digest_of({"passage": number}),
        text=TEXTS[number % len(TEXTS)],
        group=f"group {number}",
        language="en",
    )
    return replace(item, **changes)


def a_gold(number=0, **changes):
    gold = Gold(
        item=digest_of({"item": number}),
        label="Engine",
        annotations=(digest_of({"annotation": number}),),
        annotators=1,
        rule="single",
    )
    return replace(gold, **changes)


def frozen(examples, into, **changes):
    known = {"task_name": "system", "task_version": VERSION, "labels": LABELS}
    return freeze(examples, into=into, **{**known, **changes})


def an_opinion(number, annotator, *, labels=("Engine",), **said):
    """What somebody answered to the item of a number."""
    return named(
        Annotation(
            id=UNNAMED,
            item=digest_of({"item": number}),
            task="system",
            annotator=annotator,
            labels=labels,
            **said,
        )
    )
