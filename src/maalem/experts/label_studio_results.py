# SPDX-License-Identifier: Apache-2.0
"""An answer of each kind written as Label Studio's results."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from maalem.experts.kept import OPTION
from maalem.experts.label_studio_parts import RATING, SIDE_OF, path_of
from maalem.experts.said import MARK
from maalem.records import Annotation, Json
from maalem.tasks import TaskDefinition

_Written: TypeAlias = tuple[str, str, str, dict[str, Json]]


def results(task: TaskDefinition, one: Annotation) -> list[dict[str, Json]]:
    """Write an answer as the results of the controls that the configuration has."""
    short = one.id.removeprefix("sha256:")[:10]
    return [
        {
            "id": f"{short}{number or ''}",
            "from_name": from_name,
            "to_name": to_name,
            "type": type_,
            "origin": "manual",
            "value": value,
        }
        for number, (from_name, to_name, type_, value) in enumerate(
            _WRITERS[task.answer](task, one)
        )
    ]


def is_tree(task: TaskDefinition) -> bool:
    """Tell whether some labels of a task are cases of others."""
    return any(label.parent for label in task.labels)


def _written_labels(task: TaskDefinition, one: Annotation) -> Iterator[_Written]:
    if one.labels and is_tree(task):
        paths: Json = [path_of(task, label) for label in one.labels]
        yield "label", "text", "taxonomy", {"taxonomy": paths}
    elif one.labels:
        yield "label", "text", "choices", {"choices": one.labels}


def _written_side(_: TaskDefinition, one: Annotation) -> Iterator[_Written]:
    for side in one.labels:
        if side in SIDE_OF.values():
            place = next(name for name, label in SIDE_OF.items() if label == side)
            yield "side", f"{OPTION}1", "pairwise", {"selected": place}
        else:
            yield "tie", f"{OPTION}1", "choices", {"choices": [side]}


def _written_spans(_: TaskDefinition, one: Annotation) -> Iterator[_Written]:
    for span in one.spans:
        region: dict[str, Json] = {"start": span.start, "end": span.end}
        region |= {"text": span.quote, "labels": [MARK]}
        yield "marks", "text", "labels", region


def _written_scores(task: TaskDefinition, one: Annotation) -> Iterator[_Written]:
    scores = dict(one.ratings)
    for number, criterion in enumerate(task.criteria, 1):
        type_ = "rating" if criterion.lowest else "number"
        if criterion.name in scores:
            value: dict[str, Json] = {type_: scores[criterion.name]}
            yield f"{RATING}{number}", "text", type_, value


def _written_ranking(_: TaskDefinition, one: Annotation) -> Iterator[_Written]:
    if one.ranking:
        names: Json = [f"{OPTION}{number + 1}" for number in one.ranking]
        yield "rank", "options", "ranker", {"ranker": {"rank": names}}


def _written_text(_: TaskDefinition, one: Annotation) -> Iterator[_Written]:
    if one.text is not None:
        yield "answer", "text", "textarea", {"text": [one.text]}


_WRITERS: Mapping[str, Callable[[TaskDefinition, Annotation], Iterator[_Written]]] = (
    MappingProxyType(
        {
            "choose": _written_labels,
            "choose-several": _written_labels,
            "compare": _written_side,
            "mark": _written_spans,
            "rate": _written_scores,
            "rank": _written_ranking,
            "correct": _written_text,
            "write": _written_text,
        }
    )
)
