# SPDX-License-Identifier: Apache-2.0
"""Files as other tools write them become answers, each kept apart, or refusals."""

import pytest
from tests.experts.builders import write

from maalem.corpus import Refusal
from maalem.errors import DataError, SettingsError
from maalem.experts import AnnotationMap, Imported, read_annotations

CHOICE = {"from_name": "label", "to_name": "text", "type": "choices"}


def task(*annotations, **fields):
    return {"id": 1, "data": {"text": "oil leak"}, "annotations": list(annotations)} | (
        fields
    )


def chosen(*labels, **fields):
    result = [CHOICE | {"value": {"choices": list(labels)}}]
    return {"id": 9, "completed_by": 7, "was_cancelled": False, "result": result} | (
        fields
    )


LABEL_STUDIO = [
    (task(chosen("Engine")), [("Engine", "user:7", None)]),
    (
        task(
            chosen("Engine"), chosen("Bucket", completed_by={"id": 8, "email": "x@y"})
        ),
        [("Engine", "user:7", None), ("Bucket", "user:8", None)],
    ),
    (
        task(chosen("Engine", was_cancelled=True)),
        [("", "user:7", "skipped in Label Studio")],
    ),
    (
        task(chosen("Engine", result=[])),
        [("", "user:7", "submitted without a choice in Label Studio")],
    ),
    (task(), ["experts.unanswered"]),
    (task(predictions=[{"result": []}]), ["experts.unanswered"]),
    (
        task(
            chosen(result=[{"type": "labels", "value": {"start": 1, "labels": ["a"]}}])
        ),
        ["experts.not-a-choice"],
    ),
    (
        task(chosen(result=[{"type": "pairwise", "value": {"selected": "left"}}])),
        ["experts.not-a-choice"],
    ),
    (
        task(chosen(result=[CHOICE | {"value": {"start": 1, "choices": ["a"]}}])),
        ["experts.not-a-choice"],
    ),
    (
        task(
            chosen(
                result=[
                    {"type": "textarea", "from_name": "why", "value": {"text": ["so"]}},
                    CHOICE | {"value": {"choices": ["Engine"]}},
                ]
            )
        ),
        [("Engine", "user:7", None)],
    ),
    (
        task(
            chosen(
                result=[
                    CHOICE | {"from_name": name, "value": {"choices": ["a"]}}
                    for name in "pq"
                ]
            )
        ),
        ["experts.which-question"],
    ),
    (
        {
            "id": 1,
            "text": "oil leak",
            "topic": "Engine",
            "annotator": 7,
            "lead_time": 2,
        },
        [("Engine", "user:7", None)],
    ),
    (
        {"id": 1, "text": "x", "topic": {"choices": ["A", "B"]}, "annotation_id": 3},
        [("A+B", None, None)],
    ),
    (
        {
            "id": 1,
            "text": "x",
            "t": [{"start": 1, "labels": ["A"]}],
            "annotation_id": 3,
        },
        ["experts.not-a-choice"],
    ),
    (task(chosen("Engine", lead_time=-1)), ["experts.value"]),
    (task(chosen("Engine", lead_time="2")), ["experts.value"]),
    (task(chosen("Engine", created_at="yesterday")), ["experts.value"]),
    (task("x"), ["experts.not-a-choice"]),
    (task(chosen("Engine"), data={"image": "x.jpg"}), ["experts.no-text"]),
]
ARGILLA = [
    (
        {
            "fields": {"text": "x"},
            "responses": {
                "label": [
                    {"value": "A", "user_id": "u1"},
                    {"value": "B", "user_id": "u2"},
                ]
            },
        },
        [("A", "u1", None), ("B", "u2", None)],
    ),
    (
        {
            "text": "x",
            "label.responses": ["A", None, "B"],
            "label.responses.users": ["u1", "u2", "u3"],
            "label.responses.status": ["submitted", "discarded", "draft"],
            "label.suggestion": "B",
        },
        [("A", "u1", None), ("", "u2", "discarded in Argilla"), "experts.unanswered"],
    ),
    ({"text": "x", "label.responses": None}, ["experts.unanswered"]),
    (
        {"fields": {"text": "x"}, "responses": {}, "suggestions": {}},
        ["experts.unanswered"],
    ),
    (
        {"text": "x", "rating.responses": [3], "rating.responses.users": ["u"]},
        ["experts.not-a-choice"],
    ),
    (
        {"text": "x", "spans.responses": [[{"start": 0, "end": 1, "label": "a"}]]},
        ["experts.not-a-choice"],
    ),
    (
        {"text": "x", "label.responses": ["A", "B"], "label.responses.users": ["u"]},
        ["experts.not-a-choice"],
    ),
    (
        {"text": "x", "a.responses": ["A"], "b.responses": ["B"]},
        ["experts.which-question"],
    ),
]
PRODIGY = [
    (
        {
            "text": "x",
            "options": [{"id": "A", "text": "A"}],
            "accept": ["A"],
            "answer": "accept",
            "_annotator_id": "data-ann",
            "_timestamp": 1700000000,
        },
        [("A", "data-ann", None)],
    ),
    (
        {
            "text": "x",
            "options": [{"id": 1, "text": "A"}, {"id": 2, "text": "B"}],
            "accept": [2],
            "answer": "accept",
        },
        [("B", None, None)],
    ),
    ({"text": "x", "label": "A", "answer": "accept"}, [("A", None, None)]),
    ({"text": "x", "label": "A", "answer": "reject"}, ["experts.not-a-choice"]),
    (
        {"text": "x", "label": "A", "answer": "ignore", "_session_id": "s"},
        [("", "s", "ignored in Prodigy")],
    ),
    (
        {"text": "x", "accept": [], "answer": "accept"},
        [("", None, "no option chosen in Prodigy")],
    ),
    (
        {"text": "x", "accept": ["A"], "answer": "reject"},
        [("", None, "rejected in Prodigy")],
    ),
    (
        {"text": "x", "spans": [{"start": 0}], "answer": "accept"},
        ["experts.not-a-choice"],
    ),
    ({"text": "x", "answer": "accept"}, ["experts.not-a-choice"]),
    ({"text": "x", "label": "A", "answer": "yes"}, ["experts.not-a-choice"]),
    ({"text": "x", "label": "A", "options": []}, ["experts.unanswered"]),
    (
        {"text": "x", "label": "A", "answer": "accept", "_timestamp": "noon"},
        ["experts.value"],
    ),
    (
        {"text": "x", "label": "A", "answer": "accept", "_timestamp": 10**400},
        ["experts.value"],
    ),
]
DOCCANO = [
    ({"id": 1, "text": "x", "label": ["A"], "Comments": []}, [("A", None, None)]),
    ({"text": "x", "label": ["A"], "Comments": ["why"]}, [("A", None, "why")]),
    ({"text": "x", "labels": ["A"], "annotator": "ann"}, [("A", "ann", None)]),
    ({"text": "x", "labels": ["A"], "user": 3}, [("A", "user:3", None)]),
    (
        {"text": "x", "label": [], "annotator": 3},
        [("", "user:3", "no label chosen in doccano")],
    ),
    ({"text": "x", "label": [], "Comments": []}, ["experts.unanswered"]),
    ({"text": "x", "label": [[0, 1, "A"]]}, ["experts.not-a-choice"]),
    ({"text": "x", "entities": [], "relations": []}, ["experts.not-a-choice"]),
    ({"text": "x", "cats": ["A"], "label": [[0, 1, "B"]]}, [("A", None, None)]),
    ({"text": "", "label": ["A"]}, ["experts.no-text"]),
]
OWN = [
    ({"text": "x", "label": "A", "annotator": "ann"}, [("A", "ann", None)]),
    ({"text": "x", "labels": ["A", "B"]}, [("A+B", None, None)]),
    ({"text": "x", "label": None, "annotator": "ann"}, [("", "ann", None)]),
    ({"text": "x", "label": None, "reason": "unclear"}, [("", None, "unclear")]),
    ({"text": "x", "label": None}, ["experts.unanswered"]),
    ({"text": "x", "lable": "A"}, ["experts.no-label"]),
    ({"text": "x", "label": 3}, ["experts.not-a-choice"]),
    ({"text": "x", "label": "A", "passage": "abc"}, ["experts.value"]),
    ({"text": "x", "label": "A", "seconds": True}, ["experts.value"]),
    ({"text": "x", "label": "A", "suggestion_shown": 1}, ["experts.value"]),
    ({"text": 3, "label": "A"}, ["experts.no-text"]),
    ({"text": "x", "label": "A", "seconds": 10**400}, ["experts.value"]),
    ({"text": "x", "label": "A", "seconds": 1e13}, ["experts.value"]),
]
CASES = [
    *(("label-studio", "x.json", [row], want) for row, want in LABEL_STUDIO),
    *(("argilla", "x.json", [row], want) for row, want in ARGILLA),
    *(("argilla", "x.jsonl", [row], want) for row, want in ARGILLA),
    *(("prodigy", "x.jsonl", [row], want) for row, want in PRODIGY),
    *(("doccano", "x.jsonl", [row], want) for row, want in DOCCANO),
    *(("jsonl", "x.jsonl", [row], want) for row, want in OWN),
]


def shown(one):
    if isinstance(one, Refusal):
        return one.code
    return ("+".join(one.labels), one.annotator, one.reason)


@pytest.mark.parametrize(("layout", "name", "content", "wanted"), CASES)
def test_an_answer_is_read_as_it_was_given(layout, name, content, wanted, tmp_path):
    path = write(tmp_path, name, content)
    assert [shown(one) for one in read_annotations(path, layout=layout)] == wanted


def test_times_and_seconds_come_along(tmp_path):
    row = task(
        chosen("Engine", created_at="2021-03-09T22:16:08.728353Z", lead_time=4.2)
    )
    (one,) = read_annotations(write(tmp_path, "x.json", [row]))
    assert (one.at, one.seconds) == ("2021-03-09T22:16:08.728353Z", 4.2)
    assert (one.source, one.place) == ("x.json", "task 1, annotation 1")
    (one,) = read_annotations(write(tmp_path, "x.jsonl", [PRODIGY[0][0]]))
    assert one.at == "2023-11-14T22:13:20+00:00"


def test_an_answer_given_anew_in_another_tool_is_not_the_old_annotators(tmp_path):
    row = {"text": "x", "accept": ["A"], "answer": "accept", "_annotator_id": "new"}
    row |= {"maalem": {"annotator": "old", "seconds": 3, "reason": "old"}}
    (one,) = read_annotations(write(tmp_path, "x.jsonl", [row]))
    assert (one.annotator, one.seconds, one.reason) == ("new", None, None)


def test_the_mapped_question_is_taken(tmp_path):
    row = {"text": "x", "a.responses": ["A"], "b.responses": ["B"]}
    path = write(tmp_path, "x.json", [row])
    (one,) = read_annotations(path, mapping=AnnotationMap(question="b"))
    assert one.labels == ("B",)
    (one,) = read_annotations(path, mapping=AnnotationMap(question="c"))
    assert one.code == "experts.which-question"
    assert "'a', 'b'" in one.reason


RECOGNISED = [
    ("x.csv", b"text,label\nx,A\n", "csv"),
    ("x.TSV", b"text\tlabel\nx\tA\n", "csv"),
    ("x.json", [LABEL_STUDIO[0][0]], "label-studio"),
    ("x.json", [LABEL_STUDIO[11][0]], "label-studio"),
    ("x.json", [ARGILLA[0][0]], "argilla"),
    ("x.jsonl", [ARGILLA[1][0]], "argilla"),
    ("x.jsonl", [PRODIGY[0][0]], "prodigy"),
    ("x.jsonl", [PRODIGY[2][0]], "prodigy"),
    ("x.jsonl", [DOCCANO[0][0]], "doccano"),
    ("x.jsonl", [{"text": "x", "label": ["A"]}], "doccano"),
    ("x.jsonl", [{"text": "x", "label": "A"}], "jsonl"),
]


@pytest.mark.parametrize(("name", "content", "layout"), RECOGNISED)
def test_a_layout_is_recognised(name, content, layout, tmp_path):
    path = write(tmp_path, name, content)
    assert list(read_annotations(path)) == list(read_annotations(path, layout=layout))


UNCLEAR = [
    ("x.jsonl", [{"text": "x", "labels": ["A"]}], "jsonl and doccano both fit"),
    ("x.jsonl", [{"text": "x"}], "no layout fits"),
    ("x.json", [{"text": "x"}], "no layout fits"),
    ("x.jsonl", b"{not json}\n", "no layout fits"),
    ("x.txt", b"hello", "no layout fits"),
]


@pytest.mark.parametrize(("name", "content", "why"), UNCLEAR)
def test_an_unclear_layout_is_never_guessed(name, content, why, tmp_path):
    with pytest.raises(DataError) as caught:
        read_annotations(write(tmp_path, name, content))
    assert caught.value.code == "experts.layout"
    assert why in caught.value.why
    assert "--format" in caught.value.hint


def test_an_unknown_layout_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(SettingsError) as caught:
        read_annotations(write(tmp_path, "x", b"x"), layout="labelstudio")
    assert caught.value.hint == "did you mean 'label-studio'?"


def test_an_empty_or_missing_file_is_refused(tmp_path):
    for path in (write(tmp_path, "x.csv", b" \n"), tmp_path / "none", tmp_path):
        with pytest.raises(DataError) as caught:
            read_annotations(path)
        assert caught.value.code == "experts.no-file"


def test_the_name_of_a_file_is_shown_escaped(tmp_path):
    path = write(tmp_path, "a\nb\u202e.csv", b"text,label\nx,A\n")
    (one,) = read_annotations(path)
    assert isinstance(one, Imported)
    assert one.source == "a\\nb\\u202e.csv"
