# SPDX-License-Identifier: Apache-2.0
"""Whatever sentence can reach a person is one that the catalogues know."""

import ast
from itertools import product
from pathlib import Path

import pytest
from tests.evaluation.builders import an_exam

import maalem
from maalem.app.steps.influence import Influence, warnings
from maalem.dataset.telling import Telling
from maalem.evaluation import decide
from maalem.evaluation.headline import headline
from maalem.evaluation.influence import Shift
from maalem.records import Comparison, Estimate, EvalReport, digest_of
from maalem.sealing.levels import NAMES
from maalem.tasks import Gate
from maalem.translation import translation_in

SOURCE = Path(maalem.__file__).parent
OTHERS = ["fr", "ar"]
ROOMS = [
    path
    for pattern in (
        *("app/desk/*.py", "tasks/*.py", "app/workspace.py", "app/steps/gold.py"),
        *("app/steps/rows.py", "dataset/browsing.py", "experts/influence.py"),
        *("experts/badges.py", "store/places.py"),
        *("app/steps/approvals.py", "app/steps/proposals.py"),
    )
    for path in sorted(SOURCE.glob(pattern))
]
"""The rooms whose refusals a page shows."""
FINDERS = {
    "app/steps/judgements.py": ("_contradictions",),
    "app/steps/settled.py": ("left_out",),
    "app/steps/examined.py": ("find",),
    "app/steps/exams.py": ("_drawn_anew", "_sent_out"),
    "app/steps/releases.py": ("find_incumbent",),
    "app/desk/releases.py": ("accuracy_of",),
    "evaluation/automation.py": ("_guarantee", "_on_exam", "_rate"),
    "evaluation/intervals.py": ("estimate",),
    "evaluation/thresholds.py": ("_why_none",),
    "dataset/leaks.py": ("find_certain_leaks", "_near_leaks"),
    "experts/agreement.py": ("agreement_on",),
    "experts/agreement_kinds.py": ("_too_many",),
    "experts/influence.py": ("told",),
    "experts/resampling.py": ("interval",),
    "experts/habits.py": ("hasty", "monotonous", "copied"),
    "experts/settling.py": ("_why_decided_open", "_why_open", "_why_split"),
    "experts/vigilance.py": ("_wrong", "_wrong_about", "_unlikely"),
    "app/steps/datasets.py": ("_provenance",),
}
"""The functions whose sentences stand in records."""
FOREIGN = ("ValueError", "TypeError", "KeyError", "RuntimeError", "FieldError")
SAYERS = ("_fault", "_refusal", "_refuse_unless")
PHRASES = {
    "wanted": "set",
    "called": "a list",
    "error.message": "text must say something",
    "one.reason": "tie",
    "record_id": "sha256:7",
    "reason": "learned from part of this exam",
    "note": "the language alone tells the label of 3 of 4 examples",
}
"""What may stand where the source puts a phrase; a number anywhere else."""
NO_SENTENCES = {"seen", "measure", "about"}  # keys and evidence, for no page


def said(node):
    """Give the strings that an expression may be, with something in each place."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*said(node.body), *said(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(map(_written, node.values))]
    return []


def _written(part):
    if isinstance(part, ast.Constant):
        return part.value
    return PHRASES.get(ast.unparse(part.value), "7")


def refusals(file):
    """Give the messages and hints of all errors that a module raises."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        if name in FOREIGN or not (name.endswith("Error") or name in SAYERS):
            continue
        hints = [one.value for one in node.keywords if one.arg == "hint"]
        yield from (text for part in (*node.args, *hints) for text in said(part))


def wants(file):
    """Give what values must be, of the checks that a module lists."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Tuple) and len(node.elts) == 3:
            first, middle, last = node.elts
            if isinstance(middle, ast.Compare | ast.BoolOp) and said(first):
                yield from said(last)


def findings(file, functions):
    """Give the sentences that functions of a module say, their docstrings left out."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            body = ast.Module(
                body=node.body[1:] if ast.get_docstring(node) else node.body,
                type_ignores=[],
            )
            keys = {
                id(one.value)
                for one in ast.walk(body)
                if isinstance(one, ast.keyword) and one.arg in NO_SENTENCES
            }
            yield from _phrases(body, keys)


def _phrases(node, left_out):
    """Give the whole strings below a node that have more than one word."""
    for one in ast.iter_child_nodes(node):
        if id(one) in left_out:
            continue
        texts = said(one) if not isinstance(one, ast.IfExp) else []
        yield from (text for text in texts if " " in text)
        if not texts:
            yield from _phrases(one, left_out)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("file", ROOMS, ids=lambda file: file.stem)
def test_every_refusal_is_translated(file, language):
    told = translation_in(language)
    texts = [one for one in refusals(file) if one and not one.startswith("maalem ")]
    assert [one for one in texts if not knows(told, one)] == []
    assert [one for one in wants(file) if not knows(told, one)] == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", FINDERS)
def test_every_finding_is_translated(name, language):
    told = translation_in(language)
    texts = list(findings(SOURCE / name, FINDERS[name]))
    assert texts
    assert [one for one in texts if not knows(told, one)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_tells_a_label_is_translated(language):
    told = translation_in(language)
    for name in ("language", "folder", "file name", "column 'asset'"):
        for label in (None, "Engine"):
            found = Telling(name=name, told=9, asked=10, label=label)
            assert knows(told, f"Without the text: {found.sentence}."), found


def knows(translation, text):
    """Tell whether a text is told, not quoted."""
    return 'lang="en"' not in translation.tell(text)


def a_comparison(other, low, high, *, slice_="all"):
    value = 0.01 if low is None else (low + high) / 2
    reason = "3 groups, at least 30 are needed" if low is None else ""
    known = Estimate(
        value=value, low=low, high=high, count=90, groups=30, reason=reason
    )
    return Comparison(
        other=other,
        slice=slice_,
        difference=known,
        better=4,
        worse=2,
        p_value=None,
        p_adjusted=None,
    )


@pytest.mark.parametrize("language", OTHERS)
def test_every_headline_is_translated(language):
    ends = [(None, None), (-0.2, -0.1), (-0.1, 0.1), (0.1, 0.2)]
    names = ("tfidf", "incumbent", "nearest", "zero-shot", "majority")
    accuracies = [
        Estimate(value=None, reason="there is nothing to measure"),
        Estimate(value=0.8, low=0.7, high=0.9, count=90, groups=30),
    ]
    told = translation_in(language)
    for (low, high), accuracy, size in product(ends, accuracies, (0, 1, 5)):
        whole = [a_comparison(name, low, high) for name in names[:size]]
        text = headline(accuracy, whole, seeds=1, look=2)
        assert knows(told, text), text


def a_report(comparison, **changed):
    exam = an_exam(**changed)
    names = ("task", "dataset", "checkpoint", "split", "look", "seeds")
    return EvalReport(
        id=digest_of("a report"),
        **{name: getattr(exam, name) for name in names},
        headline="",
        measures=(),
        comparisons=(comparison,),
        automation=None,
    )


@pytest.mark.parametrize("language", OTHERS)
def test_every_verdict_is_translated(language):
    told, outcomes, prices = translation_in(language), set(), set()
    ends = [(None, None), (-0.2, -0.1), (-0.1, 0.12), (0.1, 0.2), (-0.1, 0.1001)]
    cases = product(ends, (30, 60), ((0,), (0, 1)), (None, 6.0))
    for (low, high), least, seeds, seconds in cases:
        report = a_report(a_comparison("tfidf", low, high), seeds=seeds, look=2)
        gate = Gate(rule="better", margin=0.0, min_groups=least, against="tfidf")
        verdict = decide(gate, report, seconds_per_item=seconds)
        assert knows(told, verdict.reason), verdict.reason
        outcomes.add(verdict.outcome)
        prices.add(verdict.items_needed is None)
    assert len(outcomes) == 3
    assert len(prices) == 2


def an_influence(low, high):
    """The influence of somebody whose answers move one class that far."""
    known = Estimate(value=(low + high) / 2, low=low, high=high, count=90, groups=30)
    counts = ("answers", "teaching", "touched", "changed", "dropped", "calibration")
    return Influence(
        annotator="exp-1",
        task="system",
        dataset=digest_of("a dataset"),
        encoder="",
        seconds=None,
        judged=9,
        shifts=(Shift(label="Engine", difference=known, better=4, worse=2),),
        **dict.fromkeys(counts, 9),
    )


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(("low", "high"), [(-0.2, -0.1), (0.1, 0.2)])
def test_whose_answers_move_a_class_is_told(language, low, high):
    told = translation_in(language)
    (text,) = warnings([an_influence(low, high)])
    assert knows(told, text), text
    assert "Engine" in told.plain(text)


@pytest.mark.parametrize("language", OTHERS)
def test_every_seal_is_told(language):
    told = translation_in(language)
    words = [f"{level} {name}" for level, name in enumerate(NAMES) if level]
    assert [one for one in words if not knows(told, one)] == []
    assert knows(told, f"classify.v1, seed 7, seal {words[2]}")


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_that_begins_with_a_capital_is_the_same_sentence(language):
    told = translation_in(language)
    text = "ne expert stands behind 60% of the 40 settled items of 'a', more than 40%"
    assert knows(told, f"o{text}")
    assert knows(told, f"O{text}.")
