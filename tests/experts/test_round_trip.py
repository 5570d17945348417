# SPDX-License-Identifier: Apache-2.0
"""Exported and read again, answers are the same answers."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.experts.builders import a_task, an_answer, an_item

from maalem.corpus import Refusal
from maalem.errors import DataError
from maalem.experts import (
    LAYOUTS,
    read_annotations,
    to_annotations,
    write_annotations,
)
from maalem.records import Annotation, digest_of

LABELS = ("Engine", '["Bucket"]', "=2+3", "'@x", "محرّك", 'a;b,c"d')
TASK = a_task(*LABELS)

texts = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n'\"[,;ا\u202e\u2028\x00\ufeff"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=20,
)
notes = st.none() | texts
times = (
    st.none()
    | st.datetimes().map(lambda t: t.isoformat())
    | st.just("2024-03-05T10:11:12.123456+01:00")
)
answers = st.fixed_dictionaries(
    {
        "label": st.sampled_from((*LABELS, None)),
        "annotator": texts,
        "at": times,
        "seconds": st.none() | st.floats(0, 1e6),
        "guideline": st.sampled_from((None, digest_of("g"))),
        "suggestion_shown": st.sampled_from((None, True, False)),
        "reason": notes,
        "source": texts,
    }
)
questions = st.lists(
    st.tuples(texts, st.lists(answers, max_size=3)), min_size=1, max_size=4
)


def several(drawn):
    """Make items, and their answers in the order of the items."""
    items = [an_item(text, number=n) for n, (text, _) in enumerate(drawn)]
    given_answers = [
        an_answer(item, **fields)
        for item, (_, each) in zip(items, drawn, strict=True)
        for fields in each
    ]
    return items, given_answers


def there_and_back(layout, items, annotations, *, name="file.txt"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        count = write_annotations(
            path, layout=layout, task=TASK, items=items, annotations=annotations
        )
        assert count == len(annotations)
        read = list(read_annotations(path, layout=layout))
    return list(to_annotations(read, task=TASK, items=items))


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=60, deadline=None)
@given(drawn=questions)
def test_what_is_exported_is_imported_as_the_same_annotations(layout, drawn):
    items, annotations = several(drawn)
    back = there_and_back(layout, items, annotations)
    assert [one for one in back if isinstance(one, Annotation)] == annotations
    waiting = [one for one in back if isinstance(one, Refusal)]
    assert {one.code for one in waiting} <= {"experts.unanswered"}
    assert len(waiting) == len(items) - len({one.item for one in annotations})


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_export_is_recognised_by_its_content(layout, tmp_path):
    item = an_item()
    path = tmp_path / ("x.csv" if layout == "csv" else "x.json")
    answer = an_answer(item, at="2024-03-05T10:00:00+00:00", seconds=3.5)
    write_annotations(
        path, layout=layout, task=TASK, items=[item], annotations=[answer]
    )
    (read,) = read_annotations(path)
    assert read.labels == ("Engine",)
    assert read.seconds == 3.5


@pytest.mark.parametrize("layout", LAYOUTS)
def test_several_answers_to_one_item_stay_apart(layout):
    item = an_item()
    annotations = [
        an_answer(item, "Engine", annotator="a"),
        an_answer(item, "=2+3", annotator="b"),
        an_answer(item, None, annotator="c", reason="cannot tell"),
    ]
    assert there_and_back(layout, [item], annotations) == annotations


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_choice_of_several_labels_is_read_as_several(layout, tmp_path):
    item = an_item()
    answer = an_answer(item, labels=("Engine", "=2+3"))
    path = tmp_path / "x"
    write_annotations(
        path, layout=layout, task=TASK, items=[item], annotations=[answer]
    )
    (read,) = read_annotations(path, layout=layout)
    assert read.labels == ("Engine", "=2+3")
    (refused,) = to_annotations([read], task=TASK, items=[item])
    assert refused.code == "experts.several-labels"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_export_without_items_is_readable(layout, tmp_path):
    path = tmp_path / "x"
    assert (
        write_annotations(path, layout=layout, task=TASK, items=[], annotations=[]) == 0
    )
    if path.read_bytes():
        assert list(read_annotations(path, layout=layout)) == []


def test_an_answer_about_no_item_writes_nothing(tmp_path):
    answer = an_answer(an_item("one"))
    with pytest.raises(DataError, match="about no item") as caught:
        write_annotations(
            tmp_path / "x",
            layout="csv",
            task=TASK,
            items=[an_item("two")],
            annotations=[answer],
        )
    assert caught.value.code == "experts.no-item"
    assert list(tmp_path.iterdir()) == []


def test_no_cell_of_a_table_begins_like_a_formula(tmp_path):
    item = an_item("=cmd|'/c calc'!A1")
    answer = an_answer(item, "@x", annotator="-a", reason="\t=1")
    path = tmp_path / "x.csv"
    write_annotations(path, layout="csv", task=TASK, items=[item], annotations=[answer])
    import csv

    with path.open(newline="", encoding="utf-8") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and cell]
