# SPDX-License-Identifier: Apache-2.0
"""Answers of any kind that another tool wrote wrongly, or somebody on purpose."""

import json

import pytest
from tests.experts.builders import write
from tests.experts.kinds import HARD, OPTIONS, a_task_of, an_item_of

from maalem.corpus import Refusal
from maalem.experts import AnnotationMap, read_annotations, to_annotations

LENIENT = AnnotationMap(skip_bad=True)
END = len(HARD)


def studio(type_, value, *, name="x", **data):
    result = {"from_name": name, "to_name": "text", "type": type_, "value": value}
    return {"data": {"text": HARD, **data}, "annotations": [{"result": [result]}]}


def region(start, end, *, label="marked", **value):
    return studio("labels", {"start": start, "end": end, "labels": [label], **value})


def spans(*spans, answer="accept"):
    return {"text": HARD, "spans": list(spans), "answer": answer}


def responses(value, name="x"):
    return {"text": HARD, f"{name}.responses": [value]}


RANKED = [{"id": f"o{n}", "body": text} for n, text in enumerate(OPTIONS)]
HOSTILE = [
    ("label-studio", "hierarchical", studio("taxonomy", {"taxonomy": [["X", "Pump"]]})),
    ("label-studio", "hierarchical", studio("taxonomy", {"taxonomy": [["Evil"]]})),
    ("label-studio", "hierarchical", studio("taxonomy", {"taxonomy": [["Machine"]]})),
    ("label-studio", "hierarchical", studio("taxonomy", {"taxonomy": [[[]]]})),
    ("label-studio", "hierarchical", studio("taxonomy", {"taxonomy": {"a": 1}})),
    ("label-studio", "choose-several", studio("choices", {"choices": ["=2+3", "?"]})),
    ("label-studio", "choose-several", studio("choices", {"choices": ["=2+3"] * 2})),
    ("label-studio", "compare", studio("pairwise", {"selected": "middle"})),
    ("label-studio", "compare", studio("pairwise", {"selected": ["left"]})),
    ("label-studio", "compare", studio("choices", {"choices": ["both", "neither"]})),
    ("label-studio", "mark", region(0, END + 1)),
    ("label-studio", "mark", region(-1, 1)),
    ("label-studio", "mark", region(3, 3)),
    ("label-studio", "mark", region(5, 2)),
    ("label-studio", "mark", region("0", 1)),
    ("label-studio", "mark", region(0.0, 1)),
    ("label-studio", "mark", region(0, 10**30)),
    ("label-studio", "mark", region(0, 1, label="Evil")),
    ("label-studio", "mark", region(0, 1, text="another")),
    ("label-studio", "mark", studio("labels", {"start": 0, "end": 1, "labels": 7})),
    ("label-studio", "mark", studio("choices", {"choices": ["marked"]})),
    ("label-studio", "rate", studio("rating", {"rating": 3}, name="rating_1")),
    ("label-studio", "rate", studio("rating", {"rating": -1}, name="rating_1")),
    ("label-studio", "rate", studio("rating", {"rating": 3.5}, name="rating_1")),
    ("label-studio", "rate", studio("rating", {"rating": True}, name="rating_1")),
    ("label-studio", "rate", studio("rating", {"rating": "5"}, name="rating_1")),
    ("label-studio", "rate", studio("rating", {"rating": 3}, name="evil")),
    ("label-studio", "rank", studio("ranker", {"ranker": {"r": ["o0", "o0", "o1"]}})),
    ("label-studio", "rank", studio("ranker", {"ranker": {"a": ["o0"], "b": ["o1"]}})),
    ("label-studio", "rank", studio("ranker", {"ranker": ["o0", "o1", "o2"]})),
    (
        "label-studio",
        "rank",
        studio("ranker", {"ranker": {"r": ["o0", "o1"]}}, options=RANKED),
    ),
    ("label-studio", "write", studio("textarea", {"text": [1]})),
    ("label-studio", "write", studio("textarea", {"text": ["x" * 20_001]})),
    ("label-studio", "write", studio("textarea", {"text": ["\u202e\u200b"]})),
    ("argilla", "mark", responses([{"start": 0, "end": 99, "label": "marked"}])),
    ("argilla", "mark", responses([{"start": 0, "end": 1, "label": "Evil"}])),
    ("argilla", "mark", responses([{"start": None, "end": 1, "label": "marked"}])),
    ("argilla", "mark", responses("marked")),
    (
        "argilla",
        "mark",
        responses([{"start": n, "end": n + 4, "label": "marked"} for n in (2, 4)]),
    ),
    ("argilla", "rate", responses(3, "rating_1")),
    ("argilla", "rate", responses(99, "rating_1") | responses(1, "rating_2")),
    ("argilla", "rate", responses(1, "rating_1") | responses("1", "rating_2")),
    ("argilla", "rate", responses(1, "clear & <true>") | responses(1, "rating_1")),
    ("argilla", "rank", responses(["option_1", "option_1", "option_2"])),
    ("argilla", "rank", responses(["option_1", "option_2", "option_4"])),
    ("argilla", "rank", responses(["option_1", "option_2", "option_999999999999"])),
    ("argilla", "rank", responses(["option_1", "option_2"])),
    (
        "argilla",
        "rank",
        responses([{"value": f"option_{n}", "rank": 1} for n in (1, 2, 3)]),
    ),
    ("argilla", "compare", responses("third")),
    ("argilla", "write", responses(["a"])),
    ("prodigy", "mark", spans({"start": 0, "end": END + 1, "label": "marked"})),
    ("prodigy", "mark", spans({"start": 0, "end": 1, "label": "Evil"})),
    ("prodigy", "mark", spans({"start": 0, "end": 1})),
    ("prodigy", "mark", spans(7)),
    ("prodigy", "mark", {"text": HARD, "spans": 7, "answer": "accept"}),
    ("prodigy", "compare", {"text": HARD, "accept": ["third"], "answer": "accept"}),
    ("prodigy", "write", {"text": HARD, "user_input": 7, "answer": "accept"}),
    ("prodigy", "write", {"text": HARD, "answer": "accept"}),
    ("doccano", "mark", {"text": HARD, "label": [[0, 1, "marked"]]}),
    ("doccano", "mark", {"text": HARD, "label": [[0, 2, "Evil"]]}),
    ("doccano", "mark", {"text": HARD, "label": [[0, 999, "marked"]]}),
    ("doccano", "mark", {"text": HARD, "label": [[0, 2]]}),
    ("doccano", "mark", {"text": HARD, "label": ["marked"]}),
    ("doccano", "write", {"text": HARD, "label": ["a", "b"]}),
    ("doccano", "write", {"text": HARD, "label": 3}),
    ("jsonl", "rate", {"text": HARD, "ratings": [["clear & <true>", 1]]}),
    ("jsonl", "rank", {"text": HARD, "ranking": [0, 1, True]}),
    ("jsonl", "mark", {"text": HARD, "spans": [{"start": 0, "end": 1}]}),
    ("jsonl", "write", {"text": HARD, "written": "x", "outcome": "unknown"}),
    ("jsonl", "write", {"text": HARD, "written": "", "outcome": "evil"}),
    ("jsonl", "write", {"text": HARD, "written": "x", "key": "k" * 201}),
    ("jsonl", "compare", {"text": HARD, "labels": ["first"], "order_shown": [0, 0]}),
    ("jsonl", "compare", {"text": HARD, "labels": ["first"], "order_shown": [7]}),
    ("jsonl", "compare", {"text": HARD, "labels": ["first"], "order_shown": "01"}),
]


def taken(layout, kind, content, tmp_path):
    task, item = a_task_of(kind), an_item_of(kind)
    array = layout == "label-studio" and not isinstance(content, bytes)
    path = write(tmp_path, "x.json" if array else "x.jsonl", content)
    read = read_annotations(path, layout=layout, task=task, mapping=LENIENT)
    return list(to_annotations(read, task=task, items=[item]))


@pytest.mark.parametrize(("layout", "kind", "row"), HOSTILE)
def test_what_fits_neither_task_nor_text_is_refused_by_its_place(
    layout, kind, row, tmp_path
):
    (found,) = taken(layout, kind, [row], tmp_path)
    assert isinstance(found, Refusal)
    assert found.place.startswith(("line 1", "task 1"))
    assert found.reason
    assert found.code in {
        *("experts.answer", "experts.other-kind", "experts.not-a-choice"),
        *("experts.unknown-label", "experts.value"),
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "x", "ratings": {"a": NaN}}', "NaN"),
        (b'{"text": "x", "ratings": {"a": 1, "a": 2}}', "stands twice"),
        (b'{"text": "x", "ratings": {"a": 1e999}}', "inf"),
        (b'{"text": "x", "ratings"', "no JSON"),
    ],
)
def test_a_line_that_says_two_things_or_no_number_is_refused(line, reason, tmp_path):
    good = json.dumps({"text": HARD, "ratings": {"clear & <true>": 1, "poli": 0}})
    content = line + b"\n" + good.encode()
    bad, found = taken("jsonl", "rate", content, tmp_path)
    assert found.ratings == (("clear & <true>", 1), ("مهذب", 0))
    assert (bad.place, isinstance(bad, Refusal)) == ("line 1", True)
    assert reason in bad.reason


def test_a_region_that_was_counted_in_utf_16_is_read_by_its_own_text(tmp_path):
    at = HARD.index("the")
    row = region(at + 1, at + 4, text="the")
    (found,) = taken("label-studio", "mark", [row], tmp_path)
    assert [(one.start, one.end, one.quote) for one in found.spans] == [
        (at, at + 3, "the")
    ]


def test_a_ranking_of_other_names_is_read_by_the_list_that_was_shown(tmp_path):
    value = {"ranker": {"r": ["o2", "o0", "o1"]}}
    row = studio("ranker", value, options=RANKED)
    (found,) = taken("label-studio", "rank", [row], tmp_path)
    assert found.ranking == (2, 0, 1)


def test_a_list_in_another_order_ranks_nothing_of_ours(tmp_path):
    value = {"ranker": {"r": ["o2", "o0", "o1"]}}
    row = studio("ranker", value, options=RANKED[::-1])
    (found,) = taken("label-studio", "rank", [row], tmp_path)
    assert found.code == "experts.no-item"


def test_ranks_that_argilla_tells_give_the_order(tmp_path):
    ranks = [("option_1", 3), ("option_2", 1), ("option_3", 2)]
    value = [{"value": name, "rank": rank} for name, rank in ranks]
    (found,) = taken("argilla", "rank", [responses(value)], tmp_path)
    assert found.ranking == (1, 2, 0)
