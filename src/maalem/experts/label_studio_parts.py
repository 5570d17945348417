# SPDX-License-Identifier: Apache-2.0
"""What Label Studio's results say, read as the answer of each kind.

Offsets of regions are code points, as its editor counts since 2022 (its pull request
308, "text with emoji breaks region offsets"). Older ones counted UTF-16 units: where a
region's own text tells that, the offsets are read so.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from maalem.corpus import Refusal
from maalem.experts.imported import Given
from maalem.experts.kept import one_question
from maalem.experts.offsets import code_point_of
from maalem.experts.said import MARK, SIDES, whole
from maalem.tasks import TaskDefinition

RATING = "rating_"
"""What the names of a rating's controls begin with; the criterion's number follows."""
_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "choices": "choices",
        "taxonomy": "taxonomy",
        "pairwise": "selected",
        "labels": "labels",
        "rating": "rating",
        "number": "number",
        "ranker": "ranker",
        "textarea": "text",
    }
)
"""For each type of result the key of its value that says what was answered."""
_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "choose": ("choices", "taxonomy"),
        "choose-several": ("choices", "taxonomy"),
        "compare": ("pairwise", "choices"),
        "mark": ("labels",),
        "rate": ("rating", "number"),
        "rank": ("ranker",),
        "correct": ("textarea",),
        "write": ("textarea",),
    }
)
SIDE_OF: Mapping[str, str] = MappingProxyType({"left": SIDES[0], "right": SIDES[1]})
"""Of two texts side by side."""
Parts: TypeAlias = list[Mapping[str, Any]]


def said(
    given: Given, place: str, *, result: object, data: Mapping[str, object]
) -> object | Refusal:
    """Find what a result answers to the task's question.

    Returns:
        The answer in the form that `said_fields` takes, empty where there is none; or a
        refusal, where there is something else, or several questions.
    """
    listed = result if isinstance(result, list) else []
    parts: Parts = [one for one in listed if isinstance(one, Mapping)]
    fitting = [one for one in parts if _is_of(given.kind, one)]
    if parts and not fitting:
        kinds = sorted({str(one.get("type"))[:40] for one in parts})
        return given.other_kind(place, ", ".join(kinds))
    if given.kind not in ("rate", "compare") and fitting:
        names = list(dict.fromkeys(str(one.get("from_name")) for one in fitting))
        question = one_question(given, place, names)
        if isinstance(question, Refusal):
            return question
        fitting = [one for one in fitting if str(one.get("from_name")) == question]
    return _READERS[given.kind](given, fitting, data)


def _is_of(kind: str, one: Mapping[str, Any]) -> bool:
    type_, value = one.get("type"), one.get("value")
    if type_ not in _TYPES[kind] or not isinstance(value, Mapping):
        return False
    is_region = "start" in value
    return _KEYS[type_] in value and is_region == (type_ == "labels")


def _labels(given: Given, parts: Parts, _: Mapping[str, object]) -> object:
    found: list[object] = []
    for one in parts:
        listed = one["value"][_KEYS[one["type"]]]
        if not isinstance(listed, list):
            return listed
        is_tree = one["type"] == "taxonomy"
        found += [_leaf(given, path) for path in listed] if is_tree else listed
    return found


def _leaf(given: Given, path: object) -> object:
    """Give the label that a path in a tree ends in; a path of other parents is none."""
    if not isinstance(path, list) or not path:
        return path
    known = path_of(given.task, str(path[-1])) if given.task else path
    return path[-1] if path == known or len(path) == 1 else path


def path_of(task: TaskDefinition, label: str) -> list[str]:
    """Give the labels above a label, the topmost first, and the label itself."""
    parents = {one.name: one.parent for one in task.labels}
    path = [label]
    while (above := parents.get(path[0])) is not None:
        path.insert(0, above)
    return path


def _sides(given: Given, parts: Parts, data: Mapping[str, object]) -> object:
    ties = [one for one in parts if one["type"] == "choices"]
    chosen = [one["value"]["selected"] for one in parts if one["type"] == "pairwise"]
    named = _labels(given, ties, data)
    sides: list[object] = [SIDE_OF.get(str(side), side) for side in chosen]
    return [*sides, *named] if isinstance(named, list) else named


def _spans(given: Given, parts: Parts, data: Mapping[str, object]) -> object:
    text = str(data.get(given.mapping.text[0]))
    return [_span(one["value"], text) for one in parts]


def _span(value: Mapping[str, Any], text: str) -> object:
    if value["labels"] != [MARK]:
        return value["labels"]
    start, end = whole(value.get("start")), whole(value.get("end"))
    if start is None or end is None:
        return value
    quote = value.get("text", text[max(start, 0) : max(end, 0)])
    if text[max(start, 0) : max(end, 0)] != quote:
        first, last = code_point_of(text, start), code_point_of(text, end)
        if first is not None and text[first:last] == quote:
            return {"start": first, "end": last, "quote": quote}
    return {"start": start, "end": end, "quote": quote}


def _ratings(given: Given, parts: Parts, _: Mapping[str, object]) -> object:
    names = [one.name for one in given.task.criteria] if given.task else []
    numbered = {f"{RATING}{number}": name for number, name in enumerate(names, 1)}
    found: dict[str, object] = {}
    for one in parts:
        control = str(one.get("from_name"))
        name = numbered.get(control, control)
        if name in found:
            return f"{control[:40]} is answered twice"
        found[name] = one["value"][_KEYS[one["type"]]]
    return found


def _ranking(_: Given, parts: Parts, data: Mapping[str, object]) -> object:
    """Give the numbers of ranked items: their places in the list that was shown."""
    buckets = parts[0]["value"]["ranker"] if parts else {}
    columns = list(buckets.values()) if isinstance(buckets, Mapping) else []
    lists = (data.get("options"), *data.values())
    shown = next((one for one in lists if isinstance(one, list)), [])
    places = {
        str(one.get("id")): place
        for place, one in enumerate(shown)
        if isinstance(one, Mapping)
    }
    if not parts:
        return []
    if len(parts) != 1 or len(columns) != 1 or not isinstance(columns[0], list):
        return buckets
    return [places.get(str(one), one) for one in columns[0]]


def _text(_: Given, parts: Parts, __: Mapping[str, object]) -> object:
    texts = [one["value"]["text"] for one in parts]
    lines = [line for text in texts for line in (text if _is_list(text) else [text])]
    return "\n".join(lines) if all(isinstance(one, str) for one in lines) else lines


def _is_list(value: object) -> bool:
    return isinstance(value, list)


_READERS: Mapping[str, Callable[[Given, Parts, Mapping[str, object]], object]] = (
    MappingProxyType(
        {
            "choose": _labels,
            "choose-several": _labels,
            "compare": _sides,
            "mark": _spans,
            "rate": _ratings,
            "rank": _ranking,
            "correct": _text,
            "write": _text,
        }
    )
)
