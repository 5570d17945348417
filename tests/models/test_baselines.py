# SPDX-License-Identifier: Apache-2.0
"""The baselines are honest opponents: as good as what others would take."""

import csv
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from tests.models.builders import an_encoder_folder
from tests.training.builders import LABELS, a_lesson

from maalem.models.baselines import fit_baselines, label_words
from maalem.models.baselines_tfidf import TfidfBaseline, Vocabulary
from maalem.models.tiny_features import character_marks
from maalem.records import Example, digest_of

NAMES = ("majority", "tfidf", "zero-shot", "nearest")
ASKED = ("pump leaks oil", "", "زيت", "lamp out \ud800")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return an_encoder_folder(tmp_path_factory.mktemp("base") / "encoder")


@pytest.fixture(scope="module")
def baselines(base):
    words = {"Pump": "moves oil"}
    return fit_baselines(base, a_lesson(), LABELS, 0, descriptions=words)


def test_there_are_four(baselines):
    assert tuple(baselines) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_answers_in_order_with_probabilities_that_sum_to_one(baselines, name):
    answers = baselines[name].predict(ASKED)
    assert len(answers) == len(ASKED)
    for text, answer in zip(ASKED, answers, strict=True):
        assert answer.labels == LABELS
        assert sum(answer.probabilities) == pytest.approx(1.0, abs=1e-9)
        assert min(answer.probabilities) > 0.0
        alone = baselines[name].predict([text])[0]
        assert alone.probabilities == pytest.approx(answer.probabilities, abs=1e-6)
    assert len(baselines[name].predict([])) == 0


@pytest.mark.parametrize("name", ["tfidf", "nearest"])
def test_what_learns_finds_what_words_give_away(baselines, name):
    rows = a_lesson(60, seed=5)
    answers = baselines[name].predict([row.text for row in rows])
    right = [a.label == row.label for a, row in zip(answers, rows, strict=True)]
    assert np.mean(right) > (0.95 if name == "tfidf" else 0.6)


def test_the_majority_answers_the_most_frequent_label(base):
    rows = [*a_lesson(9), *(row for row in a_lesson(60)[9:] if row.label == "Light")]
    majority = fit_baselines(base, rows, LABELS, 0)["majority"]
    answer = majority.predict(["anything"])[0]
    assert answer.label == "Light"
    shares = [sum(row.label == label for row in rows) / len(rows) for label in LABELS]
    assert answer.probabilities == pytest.approx(shares, abs=0.011)


def test_taught_texts_are_near_themselves(baselines):
    rows = a_lesson()
    answers = baselines["nearest"].predict([row.text for row in rows])
    right = [a.label == row.label for a, row in zip(answers, rows, strict=True)]
    assert np.mean(right) > 0.6


def test_a_label_is_asked_about_as_words():
    assert label_words("command-and_control", " steer ") == "command and control: steer"
    assert label_words("Engine", "") == "Engine"


def test_rarity_is_that_of_scikit_learn():
    texts = ["abab", "abc", "cab"]
    marks = [character_marks(text, [2]) for text in texts]
    ours = Vocabulary(marks)
    theirs = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True)
    wanted = theirs.fit_transform([f" {text} " for text in texts]).toarray()
    for mark, row in zip(marks, wanted, strict=True):
        _, weights = ours.weigh(mark)
        np.testing.assert_allclose(np.sort(weights), np.sort(row[row > 0]))


def test_no_baseline_needs_torch(base, tmp_path):
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(tmp_path.cwd())!r})
from tests.training.builders import LABELS, a_lesson
from maalem.models.baselines import fit_baselines
for one in fit_baselines(Path({str(base)!r}), a_lesson(), LABELS, 0).values():
    one.predict(["pump"])
heavy = {{"torch", "transformers", "scipy", "sklearn", "openvino"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def work_orders():
    """Give real work orders with their system, as they stand in the package."""
    place = distribution("nist-nestor").locate_file(
        "nestor/datasets/excavators-cleaned.csv"
    )
    with Path(place).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    pairs = dict.fromkeys(
        (row["OriginalShorttext"], row["MajorSystem"])
        for row in rows
        if row["MajorSystem"]
    )
    return [
        Example(
            item=digest_of({"text": text}),
            text=text,
            label=label,
            group=text,
            language="en",
            split="teaching",
        )
        for text, label in pairs
    ]


@pytest.mark.slow
@pytest.mark.weights
def test_tfidf_is_as_good_as_scikit_learns_on_real_work_orders():
    try:
        rows = work_orders()
    except PackageNotFoundError:
        pytest.skip("the work orders are not installed")
    order = np.random.default_rng(0).permutation(len(rows))
    teaching, exam = ([rows[n] for n in part] for part in np.split(order, [600]))
    labels = sorted({row.label for row in teaching})
    exam = [row for row in exam if row.label in labels]
    asked, wanted = [row.text for row in exam], [row.label for row in exam]
    ours = TfidfBaseline(teaching, labels, seed=0).predict(asked)
    accuracy = np.mean([a.label == w for a, w in zip(ours, wanted, strict=True)])
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    best = 0.0
    for strength in (1.0, 10.0, 100.0):
        model = make_pipeline(
            make_union(words, runs), LogisticRegression(C=strength, max_iter=2000)
        )
        model.fit([row.text for row in teaching], [row.label for row in teaching])
        best = max(best, np.mean(model.predict(asked) == np.array(wanted)))
    assert accuracy >= best - 0.02
