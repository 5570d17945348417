# SPDX-License-Identifier: Apache-2.0
"""The page of a dataset that a person reads first, and that a hub can show."""

import html
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from maalem.corpus.privacy import PersonalData, tell_personal
from maalem.dataset.label_words import LabelFound
from maalem.dataset.parquet import COLUMNS
from maalem.dataset.splits import SPLITS
from maalem.records import Dataset, Example

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
_ROLES = {
    "teaching": "learned from",
    "calibration": "sets the threshold of the automation guarantee, nothing else",
    "exam": "examined on, never learned from",
    "later": "a second exam, on what came later, to show drift",
}
_RULES = {
    "single": "one answer",
    "unanimous": "several equal answers",
    "majority": "a majority",
    "adjudicated": "a person who adjudicated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a dataset cannot know of itself; what is left out reads "not recorded".

    Attributes:
        title: What it is, in one sentence.
        licence: SPDX identifier of the texts' licence.
        creator: Whose it is.
        sources: Names of the files it was read from.
        frozen_at: ISO 8601 date.
        later_from: ISO 8601 date from which a group counts as later.
        notes: What a reader must know, one sentence each.
        personal: Personal data in the texts.
    """

    title: str = ""
    licence: str | None = None
    creator: str | None = None
    sources: tuple[str, ...] = ()
    frozen_at: str | None = None
    later_from: str | None = None
    notes: tuple[str, ...] = ()
    personal: PersonalData | None = None


def write_card(
    dataset: Dataset,
    examples: Sequence[Example],
    *,
    found: Sequence[LabelFound],
    provenance: Provenance,
) -> str:
    """Write the dataset card: YAML for machines, then Markdown for people."""
    parts = [
        _front_matter(dataset, provenance),
        f"# {_plain(provenance.title or dataset.task)}",
        f"For the task {_plain(dataset.task)}, named by its content: `{dataset.id}`",
        _splits(dataset),
        _labels(dataset, examples, found),
        _left_out(dataset),
        _personal(provenance.personal),
        _facts(dataset, examples, provenance=provenance),
        _use(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(dataset: Dataset, provenance: Provenance) -> str:
    rows = sum(count for _, count in dataset.counts)
    size = next((name for most, name in SIZES if rows < most), "n>100K")
    languages = {language.split("-")[0] for language in dataset.languages} - {"und"}
    lines = [
        "---",
        f"pretty_name: {_yaml(provenance.title or dataset.task)}",
        f"license: {_yaml((provenance.licence or 'unknown').lower())}",
        *_listed("language", sorted(languages)),
        *_listed("task_categories", ["text-classification"]),
        *_listed("size_categories", [size]),
        *_listed("tags", ["maalem", "croissant"]),
        "configs:",
        "- config_name: default",
        "  data_files:",
    ]
    for split, count in dataset.counts:
        if count:
            lines += [f"  - split: {split}", f"    path: {split}.parquet"]
    return "\n".join([*lines, "---"])


def _listed(key: str, values: Sequence[str]) -> list[str]:
    return [f"{key}:", *(f"- {_yaml(value)}" for value in values)] if values else []


def _splits(dataset: Dataset) -> str:
    groups = dict(dataset.groups)
    rows = [
        f"| {split} | {count} | {groups[split]} | {_ROLES[split]} |"
        for split, count in dataset.counts
    ]
    head = ["| split | examples | groups | what for |", "|---|---:|---:|---|"]
    rule = (
        "A group stands in one split only, chosen by a salted hash of its name before"
        " anyone had looked. The texts of the exam are in `exam.parquet` and nowhere"
        " else here; training opens `teaching.parquet` alone (`read_split`)."
    )
    return "\n".join(["## Splits", "", *head, *rows, "", rule])


def _labels(
    dataset: Dataset, examples: Sequence[Example], found: Sequence[LabelFound]
) -> str:
    counts = Counter((row.label, row.split) for row in examples)
    standing = {one.label: one for one in found}
    head = f"| label | {' | '.join(SPLITS)} | name in text | of these right |"
    lines = ["## Labels", "", head, "|---" + "|---:" * (len(SPLITS) + 2) + "|"]
    for label in dataset.labels:
        cells = " | ".join(str(counts[label, split]) for split in SPLITS)
        one = standing[label]
        lines.append(f"| {_plain(label)} | {cells} | {one.stands} | {one.right} |")
    rule = (
        "*Name in text*: examples in whose text the label stands as a word;"
        " *of these right*: where it is also the answer."
    )
    return "\n".join([*lines, "", rule])


def _left_out(dataset: Dataset) -> str:
    if not dataset.left_out:
        return ""
    lines = [f"- {_plain(reason)}: {count}" for reason, count in dataset.left_out]
    return "\n".join(["## Left out", "", *lines])


def _personal(found: PersonalData | None) -> str:
    """Tell it in three languages: who is named in a text may read any of them."""
    if found is None:
        return "## Personal data\n\nnot recorded"
    lines = [tell_personal(found, language=one) for one in ("en", "fr", "ar")]
    return "\n\n".join(["## Personal data", *map(_plain, lines)])


def _facts(
    dataset: Dataset, examples: Sequence[Example], *, provenance: Provenance
) -> str:
    rules = Counter(row.rule for row in examples)
    settled = [f"{how} ({rules[rule]})" for rule, how in _RULES.items() if rules[rule]]
    facts = {
        "Labels settled by": ", ".join(settled),
        "Languages": ", ".join(dataset.languages),
        "Licence": provenance.licence,
        "Creator": provenance.creator,
        "Sources": ", ".join(provenance.sources),
        "Frozen": provenance.frozen_at,
        "Later from": provenance.later_from,
        "Version of the task": dataset.task_version,
    }
    lines = [
        f"- {name}: {_plain(text or 'not recorded')}" for name, text in facts.items()
    ]
    notes = [f"- {_plain(note)}" for note in provenance.notes]
    return "\n".join(["## Facts", "", *lines, *notes])


def _use() -> str:
    columns = [f"- `{name}`: {what}" for name, what in COLUMNS.items()]
    lines = [
        "```python",
        "from datasets import load_dataset",
        'teaching = load_dataset(".", split="teaching")',
        "```",
        "",
        "`manifest.json` has the digest of every file, `croissant.json` its columns.",
    ]
    return "\n".join(["## Columns", "", *columns, "", "## Use", "", *lines])


def _yaml(text: str) -> str:
    """Write text as a YAML double-quoted scalar, on one line."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        c if c.isprintable() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in quoted
    )


def _plain(text: str) -> str:
    """Write text into Markdown so that nothing in it is markup."""
    line = html.escape(" ".join(text.split()), quote=False)
    return "".join(f"\\{c}" if c in "\\`*_[]|!" else c for c in line)
