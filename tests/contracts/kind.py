# SPDX-License-Identifier: Apache-2.0
"""What every kind of model must do; an implementation inherits these tests.

A subclass gives three fixtures of module scope: `kind`, `base`, a folder, and `recipe`.
"""

from dataclasses import replace

import pytest
from tests.training.builders import LABELS, a_lesson, content

from maalem.errors import DataError, IntegrityError, UnsafeWeightsError
from maalem.models import Progress
from maalem.models.folder import describe_folder, refuse_unsafe_folder

ASKED = (
    "pump leaks oil today",
    "bucket tooth worn",
    "",
    "lamp out \ud800",
    "زيت المضخة",
)


def teach(kind, base, recipe, into, *, examples=None, labels=LABELS, seed=0):
    rows = a_lesson() if examples is None else examples
    into.mkdir(parents=True, exist_ok=True)
    return list(
        kind.fit(base, rows, labels=labels, recipe=recipe, seed=seed, into=into)
    )


def describe(kind, folder):
    return describe_folder(folder, kind.name, name="a test", licence="Apache-2.0")


class KindContract:
    """The laws of a kind of model."""

    @pytest.fixture(scope="class")
    @classmethod
    def taught(cls, kind, base, recipe, tmp_path_factory):
        into = tmp_path_factory.mktemp("taught")
        return into, teach(kind, base, recipe, into)

    @pytest.fixture(scope="class")
    @classmethod
    def predictor(cls, kind, taught):
        folder = taught[0] / "checkpoint"
        return kind.load(describe(kind, folder), folder)

    def test_progress_never_goes_beyond_its_total(self, taught):
        assert taught[1]
        assert all(isinstance(one, Progress) for one in taught[1])
        assert all(0 <= one.step <= one.total for one in taught[1])

    def test_each_input_has_an_answer_in_its_place(self, predictor):
        answers = predictor.predict(ASKED)
        assert len(answers) == len(ASKED)
        assert predictor.predict(ASKED[::-1])[0].label == answers[-1].label
        assert all(answer.labels == LABELS for answer in answers)

    def test_probabilities_sum_to_one(self, predictor):
        for answer in predictor.predict(ASKED):
            assert sum(answer.probabilities) == pytest.approx(1.0, abs=1e-9)
            assert min(answer.probabilities) >= 0.0

    def test_one_at_a_time_gives_the_same(self, predictor):
        for text, together in zip(ASKED, predictor.predict(ASKED), strict=True):
            alone = predictor.predict([text])[0]
            assert alone.probabilities == pytest.approx(
                together.probabilities, abs=1e-6
            )

    def test_no_input_has_no_answer(self, predictor):
        assert len(predictor.predict([])) == 0

    def test_the_same_seed_gives_the_same_bits(
        self, kind, base, recipe, taught, tmp_path
    ):
        teach(kind, base, recipe, tmp_path)
        assert content(tmp_path / "checkpoint") == content(taught[0] / "checkpoint")

    def test_teaching_what_is_finished_changes_nothing(
        self, kind, base, recipe, taught
    ):
        before = content(taught[0])
        assert teach(kind, base, recipe, taught[0]) == []
        assert content(taught[0]) == before

    def test_nothing_but_the_checkpoint_is_left(self, taught):
        assert [path.name for path in taught[0].iterdir()] == ["checkpoint"]

    def test_the_checkpoint_is_safe_to_load(self, taught):
        refuse_unsafe_folder(taught[0] / "checkpoint")

    def test_the_base_is_only_read(self, kind, base, recipe, tmp_path):
        before = content(base)
        teach(kind, base, recipe, tmp_path)
        assert content(base) == before

    @pytest.mark.parametrize("deed", ["change", "add", "remove"])
    def test_a_checkpoint_that_was_touched_is_refused(
        self, kind, base, recipe, tmp_path, deed
    ):
        teach(kind, base, recipe, tmp_path)
        folder = tmp_path / "checkpoint"
        checkpoint = describe(kind, folder)
        touched = folder / "maalem.json"
        if deed == "change":
            touched.write_bytes(touched.read_bytes().replace(b"Pump", b"Pomp"))
        elif deed == "add":
            (folder / "more.txt").write_text("more")
        else:
            touched.unlink()
        with pytest.raises(IntegrityError):
            kind.load(checkpoint, folder)

    def test_a_pickle_in_the_checkpoint_is_refused(self, kind, base, recipe, tmp_path):
        teach(kind, base, recipe, tmp_path)
        folder = tmp_path / "checkpoint"
        (folder / "head.pkl").write_bytes(b"\x80\x04.")
        with pytest.raises(UnsafeWeightsError, match="head"):
            kind.load(describe(kind, folder), folder)

    @pytest.mark.parametrize(
        ("labels", "code"),
        [
            ((*LABELS, "Engine"), "models.empty-label"),
            (LABELS[:2], "models.unknown-label"),
        ],
    )
    def test_labels_and_examples_must_agree(
        self, kind, base, recipe, tmp_path, labels, code
    ):
        with pytest.raises(DataError) as refusal:
            teach(kind, base, recipe, tmp_path, labels=labels)
        assert refusal.value.code == code

    def test_one_label_teaches_nothing(self, kind, base, recipe, tmp_path):
        rows = a_lesson(labels=LABELS[:1])
        with pytest.raises(DataError) as refusal:
            teach(kind, base, recipe, tmp_path, examples=rows, labels=LABELS[:1])
        assert refusal.value.code == "models.empty-label"

    def test_one_group_is_refused_since_nothing_can_be_held_out(
        self, kind, base, recipe, tmp_path
    ):
        rows = [replace(row, group="one") for row in a_lesson()]
        with pytest.raises(DataError) as refusal:
            teach(kind, base, recipe, tmp_path, examples=rows)
        assert refusal.value.code == "models.too-few-groups"
