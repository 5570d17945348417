# SPDX-License-Identifier: Apache-2.0
"""Bad lines are refused by number and reason; nothing is lost in silence."""

import tracemalloc

import pytest
from tests.experts.builders import write

from maalem.corpus import Refusal
from maalem.errors import DataError, SettingsError
from maalem.experts import AnnotationMap, Imported, read_annotations

GOOD = b'{"text": "x", "label": "A"}\n'
BAD_LINES = [
    (b'{"text": "x", "label": "A", "seconds": NaN}', "NaN"),
    (b'{"text": "x", "label": "A", "seconds": -Infinity}', "Infinity"),
    (b'{"text": "x", "text": "y", "label": "A"}', "stands twice"),
    (b'{"text": "x", "label": "A", "n": ' + b"[" * 70 + b"]" * 70 + b"}", "deeper"),
    (b'{"n": ' + b"[" * 100000 + b"]" * 100000 + b"}", "no JSON"),
    (b'{"text": "x", "label": "A", "n": ' + b"9" * 4301 + b"}", "no JSON"),
    (b'{"text": "\\ud800", "label": "A"}', "surrogate"),
    (b'{"text": "\xed\xa0\x80", "label": "A"}', "not UTF-8"),
    (b'{"text": "x", "label": "\xff"}', "not UTF-8"),
    (b'{"text": "x", "label": "A"', "no JSON"),
    (b'["text"]', "no JSON object"),
    (b'{"text": "' + b"x" * (1 << 20) + b'", "label": "A"}', "longer than 1 MiB"),
]
STRICT = AnnotationMap(line_mb=1)
LENIENT = AnnotationMap(line_mb=1, skip_bad=True)


@pytest.mark.parametrize(("line", "reason"), BAD_LINES, ids=lambda v: str(v)[:30])
def test_a_bad_line_is_refused_by_its_number(line, reason, tmp_path):
    path = write(tmp_path, "x.jsonl", GOOD + line + b"\n" + GOOD)
    one, two, three = read_annotations(path, layout="jsonl", mapping=LENIENT)
    assert isinstance(one, Imported)
    assert isinstance(three, Imported)
    assert (two.place, two.code) == ("line 2", "experts.bad-line")
    assert reason in two.reason


@pytest.mark.parametrize(("line", "reason"), BAD_LINES, ids=lambda v: str(v)[:30])
def test_unless_told_otherwise_a_bad_line_ends_the_reading(line, reason, tmp_path):
    path = write(tmp_path, "x.jsonl", GOOD + line + b"\n" + GOOD)
    one, two = read_annotations(path, layout="jsonl", mapping=STRICT)
    assert isinstance(one, Imported)
    assert isinstance(two, Refusal)


@pytest.mark.parametrize(("line", "reason"), BAD_LINES, ids=lambda v: str(v)[:30])
def test_a_bad_task_of_an_array_is_refused_by_its_number(line, reason, tmp_path):
    good = GOOD.replace(b"label", b"topic")
    path = write(tmp_path, "x.json", b"[" + good + b"," + line + b"]")
    one, two = read_annotations(path, layout="label-studio", mapping=STRICT)
    assert isinstance(one, Imported)
    assert (two.place, two.code) == ("task 2", "experts.bad-line")


BROKEN_ARRAYS = [
    (b"{}", "no JSON array", 0),
    (b"[", "ends in the middle", 0),
    (b'[{"text": "x", "t": "A"}', "broken", 1),
    (b'[{"text": "x", "t": "A"} {}]', "broken", 1),
    (b'[{"text": "x", "t": "A"}] x', "goes on after", 1),
    (b'[{"text": "x", "t": "A"},]', "no JSON", 1),
    (b'[{"text": "\xff"}]', "not UTF-8", 0),
]


@pytest.mark.parametrize(("content", "reason", "good"), BROKEN_ARRAYS)
def test_a_broken_array_gives_what_was_whole(content, reason, good, tmp_path):
    path = write(tmp_path, "x.json", content)
    *before, last = read_annotations(path, layout="label-studio")
    assert len(before) == good
    assert last.code == "experts.bad-line"
    assert reason in last.reason


BAD_TABLES = [
    (b'text,label\nx,A\n"open,A\ny,B\n', "line 3", "no CSV"),
    (b"text,label\nx,A\ny,B,C\n", "line 3", "3 cells, but the header has 2"),
    (b"text,label\nx,A\ny\n", "line 3", "1 cells"),
    (b'text,label\nx,A\n"y"z,B\n', "line 3", "no CSV"),
]


@pytest.mark.parametrize(("content", "place", "reason"), BAD_TABLES)
def test_a_bad_row_is_refused_by_its_line(content, place, reason, tmp_path):
    one, two = read_annotations(write(tmp_path, "x.csv", content))
    assert one.labels == ("A",)
    assert (two.place, two.code) == (place, "experts.bad-line")
    assert reason in two.reason


@pytest.mark.parametrize(
    ("seconds", "is_read"),
    [("3.5", True), ("3", True), ("1e1", True), ('"3,5"', False), ("-1", False)],
)
def test_a_number_is_read_with_a_decimal_point_only(seconds, is_read, tmp_path):
    content = f"text,label,seconds\nx,A,{seconds}\n"
    (one,) = read_annotations(write(tmp_path, "x.csv", content))
    assert isinstance(one, Imported) == is_read
    assert is_read or one.code == "experts.value"


REFUSED_TABLES = [
    (b"text;label\nx;A\n", "no column 'text'", "delimiter"),
    (b"Text,label\nx,A\n", "no column 'text'", "'Text'"),
    (b"text,lable\nx,A\n", "no column 'label'", "'lable'"),
    (b"text,text,label\nx,y,A\n", "'text' stands twice", "one name"),
    (b"\n\nx\n", "no header", "one name"),
    (b"text,label\nfuite \xe9norme,A\n", "not UTF-8", "UTF-8"),
]


@pytest.mark.parametrize(("content", "message", "hint"), REFUSED_TABLES)
def test_a_table_that_is_not_as_declared_is_refused(content, message, hint, tmp_path):
    with pytest.raises(DataError) as caught:
        list(read_annotations(write(tmp_path, "x.csv", content)))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_table_is_read_in_its_declared_dialect(tmp_path):
    content = '\ufeffétat;texte;qui\nمحرّك;"a;b\nc";ann\n'.encode()
    mapping = AnnotationMap(
        text=("texte",), label="état", annotator="qui", delimiter=";"
    )
    (one,) = read_annotations(write(tmp_path, "x.csv", content), mapping=mapping)
    assert (one.text, one.labels, one.annotator) == ("a;b\nc", ("محرّك",), "ann")


def test_a_table_in_utf_16_with_its_mark_is_read(tmp_path):
    path = write(tmp_path, "x.csv", "text,label\nx,é\n".encode("utf-16"))
    (one,) = read_annotations(path)
    assert one.labels == ("é",)


def test_a_cell_that_begins_like_a_list_and_is_none_is_refused(tmp_path):
    deep = '["a",' + "[" * 20_000
    cell = deep.replace('"', '""')
    path = write(tmp_path, "x.csv", f'text,label\nx,"{cell}"\n')
    (one,) = read_annotations(path)
    assert one.code == "experts.not-a-choice"


def test_several_text_columns_are_joined(tmp_path):
    mapping = AnnotationMap(text=("a", "b"))
    path = write(tmp_path, "x.csv", b"a,b,label\n1,2,A\n,3,B\n")
    assert [one.text for one in read_annotations(path, mapping=mapping)] == [
        "1\n2",
        "3",
    ]


@pytest.mark.parametrize(
    "fields", [{"delimiter": ";;"}, {"delimiter": '"'}, {"text": ()}, {"line_mb": 0}]
)
def test_a_map_that_means_nothing_is_refused(fields):
    with pytest.raises(SettingsError):
        AnnotationMap(**fields)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["jsonl", "label-studio", "csv"])
def test_memory_does_not_grow_with_the_file(layout, tmp_path):
    rows = {
        "jsonl": (b"", b'{"text": "%s", "label": "A"}\n' % (b"x" * 200), b""),
        "csv": (b"text,label\n", b"%s,A\n" % (b"x" * 200), b""),
        "label-studio": (b"[{}", b',{"text": "%s", "t": "A"}' % (b"x" * 200), b"]"),
    }
    head, row, tail = rows[layout]
    path = write(tmp_path, "x", head + row * 30_000 + tail)
    tracemalloc.start()
    count = sum(1 for _ in read_annotations(path, layout=layout, mapping=LENIENT))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count >= 30_000
    assert peak < 4 << 20
