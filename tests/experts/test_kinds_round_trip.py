# SPDX-License-Identifier: Apache-2.0
"""Whatever kind of answer a layout has a form for comes back as it went out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.experts.builders import an_answer, write
from tests.experts.kinds import (
    HARD,
    KINDS,
    a_task_of,
    an_item_of,
    every_answer,
    spans_in,
)

from maalem.errors import DataError
from maalem.experts import (
    LAYOUTS,
    read_annotations,
    to_annotations,
    write_annotations,
)
from maalem.experts.layouts import layout_named
from maalem.experts.offsets import code_point_of, utf16_of
from maalem.experts.questions import read_questions
from maalem.records import Span

PAIRS = [
    (layout, kind)
    for layout in LAYOUTS
    for kind in KINDS
    if a_task_of(kind).answer in layout_named(layout).kinds
]
FORMLESS = [
    (layout, kind)
    for layout in LAYOUTS
    for kind in KINDS
    if a_task_of(kind).answer not in layout_named(layout).kinds
]


def out(tmp_path, layout, task, items, answers):
    path = tmp_path / ("x.csv" if layout == "csv" else "x.json")
    write_annotations(path, layout=layout, task=task, items=items, annotations=answers)
    return path


@pytest.mark.parametrize(("layout", "kind"), PAIRS)
def test_answers_come_back_equal_with_who_when_and_why(layout, kind, tmp_path):
    task, item = a_task_of(kind), an_item_of(kind)
    answers = every_answer(kind, item)
    path = out(tmp_path, layout, task, [item], answers)
    back = [*to_annotations(read_annotations(path, task=task), task=task, items=[item])]
    assert sorted(back, key=lambda one: one.id) == sorted(answers, key=lambda o: o.id)


@pytest.mark.parametrize(("layout", "kind"), PAIRS)
def test_open_items_come_back_as_the_questions_they_were(layout, kind, tmp_path):
    task = a_task_of(kind)
    items = [an_item_of(kind), an_item_of(kind, "another", number=1)]
    path = out(tmp_path, layout, task, items, [])
    read = list(read_questions(path, task=task, layout=layout))
    columns = [task.question_field, task.draft_field, *task.option_fields]
    asked = [[item.question, item.draft, *item.options] for item in items]
    wanted = [
        {name: value for name, value in zip(columns, values, strict=True) if name}
        for values in asked
    ]
    assert [one.text for one in read] == [item.text for item in items]
    assert [dict(one.fields) for one in read] == wanted
    waiting = list(read_annotations(path, layout=layout, task=task))
    assert [one.code for one in waiting] == ["experts.unanswered"] * 2


@pytest.mark.parametrize(("layout", "kind"), FORMLESS)
def test_what_has_no_form_is_refused_both_ways_with_one_that_has(
    layout, kind, tmp_path
):
    task = a_task_of(kind)
    with pytest.raises(DataError) as caught:
        out(tmp_path, layout, task, [an_item_of(kind)], [])
    assert caught.value.code == "experts.no-form"
    assert f"`{task.answer}`" in caught.value.message
    assert layout in caught.value.message
    assert "label-studio" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
    path = write(tmp_path, "x.json", [{}])
    with pytest.raises(DataError, match="has no form"):
        read_annotations(path, layout=layout, task=task)


def test_the_kinds_without_a_form_are_those_that_are_documented():
    assert {(layout, a_task_of(kind).answer) for layout, kind in FORMLESS} == {
        *(("csv", kind) for kind in ("compare", "mark", "rate", "rank")),
        *(("csv", kind) for kind in ("correct", "write")),
        *(("prodigy", kind) for kind in ("rate", "rank")),
        *(("doccano", kind) for kind in ("compare", "rate", "rank")),
    }


def test_several_questions_about_one_text_stay_apart(tmp_path):
    task = a_task_of("write")
    items = [an_item_of("write", number=0), an_item_of("write", number=1)]
    items[1] = items[1].__class__(
        **{
            **{name: getattr(items[1], name) for name in items[1].__slots__},
            "question": "Who says so?",
        }
    )
    answers = [an_answer(item, None, text=item.question) for item in items]
    path = out(tmp_path, "argilla", task, items, answers)
    content = path.read_text("utf-8").replace('"item": "sha256:', '"item": "')
    path.write_text(content.replace('"passage": "sha256:', '"passagen": "'), "utf-8")
    read = read_annotations(path, task=task)
    back = list(to_annotations(read, task=task, items=items))
    assert [(one.item, one.text) for one in back] == [
        (item.id, item.question) for item in items
    ]


@pytest.mark.parametrize(
    ("layout", "start", "end"),
    [
        ("label-studio", 24, 27),
        ("argilla", 24, 27),
        ("prodigy", 24, 27),
        ("doccano", 25, 28),
    ],
)
def test_offsets_are_counted_as_each_tool_counts(layout, start, end, tmp_path):
    """Before `the` stands one emoji: a code point, two UTF-16 units."""
    task, item = a_task_of("mark"), an_item_of("mark")
    (span,) = spans_in(HARD, "the")
    assert (span.start, span.end) == (24, 27)
    answer = an_answer(item, None, spans=(span,))
    path = out(tmp_path, layout, task, [item], [answer])
    text = path.read_text("utf-8").replace(" ", "")
    assert f'"start":{start},"end":{end}' in text or f"[{start},{end}," in text


texts = st.text(
    st.sampled_from("ab ا\u064b🚜👩\u200d\u202e\u2067\u0301\n𝔘\U0010ffff")
    | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=30,
)


@given(texts, st.data())
def test_an_offset_in_utf_16_leads_back_to_its_code_point(text, data):
    offset = data.draw(st.integers(0, len(text)))
    units = utf16_of(text, offset)
    assert code_point_of(text, units) == offset
    assert units == sum(1 + (one > "\uffff") for one in text[:offset])
    assert code_point_of(text, units + len(text) * 2 + 1) is None


@pytest.mark.parametrize("layout", ["label-studio", "argilla", "prodigy", "doccano"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts.filter(str.strip), st.data())
def test_any_span_of_any_text_comes_back(layout, tmp_path, text, data):
    task, item = a_task_of("mark"), an_item_of("mark", text)
    ends = data.draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6))
    pairs = zip(*[iter(sorted(ends))] * 2, strict=False)
    spans = tuple(
        Span(start=start, end=end, quote=text[start:end]) for start, end in pairs
    )
    answer = an_answer(item, None, spans=spans)
    path = out(tmp_path, layout, task, [item], [answer])
    read = read_annotations(path, layout=layout, task=task)
    assert list(to_annotations(read, task=task, items=[item])) == [answer]
