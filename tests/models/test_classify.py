# SPDX-License-Identifier: Apache-2.0
"""The classifier is one model, whoever loads it, and both gears keep the contract."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tests.contracts.kind import KindContract, teach
from tests.models.builders import an_encoder_folder
from tests.training.builders import LABELS, a_lesson

from maalem.models import Recipe, kind_named
from maalem.models.calibration import softmax
from maalem.models.classify import ClassifyKind, open_classifier
from maalem.models.classify_lesson import hold_out, lesson_of

FULL = Recipe(gear="full", batch_size=12, epochs=2)
ASKED = ["pump leaks oil", "bucket", "", "oil " * 60, "é ☃ زيت", "lamp out \x00"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    place = tmp_path_factory.mktemp("base") / "encoder"
    return an_encoder_folder(place, prefix="query: ")


@pytest.fixture(scope="module")
def kind():
    return ClassifyKind()


class TestQuickGearOfClassify(KindContract):
    @pytest.fixture(scope="class")
    @classmethod
    def recipe(cls):
        return Recipe(gear="quick")


@pytest.mark.torch
class TestFullGearOfClassify(KindContract):
    @pytest.fixture(scope="class")
    @classmethod
    def recipe(cls):
        return FULL


def test_it_is_found_by_its_name():
    assert isinstance(kind_named("classify.v1"), ClassifyKind)


def test_the_folder_says_what_it_answers_and_how_it_was_made(kind, base, tmp_path):
    teach(kind, base, Recipe(gear="quick", max_tokens=16), tmp_path)
    about = json.loads((tmp_path / "checkpoint" / "maalem.json").read_bytes())
    assert about["labels"] == list(LABELS)
    assert about["languages"] == ["en"]
    assert (about["gear"], about["max_tokens"]) == ("quick", 16)
    assert about["prefix"] == "query: "
    assert about["temperature"] > 0.0
    assert about["validation"] > 0.0


def test_the_quick_gear_and_the_predictor_need_no_torch(base, tmp_path):
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(tmp_path.cwd())!r})
from tests.training.builders import LABELS, a_lesson
from maalem.models import Recipe
from maalem.models.classify import ClassifyKind, open_classifier
into = Path({str(tmp_path)!r})
fit = ClassifyKind().fit(Path({str(base)!r}), a_lesson(), labels=LABELS,
                         recipe=Recipe(gear="quick"), seed=0, into=into)
list(fit)
open_classifier(into / "checkpoint").predict(["pump"])
heavy = {{"torch", "transformers", "scipy", "sklearn", "openvino"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.torch
def test_plain_transformers_answers_as_we_do(kind, base, tmp_path):
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    teach(kind, base, FULL, tmp_path)
    folder = tmp_path / "checkpoint"
    about = json.loads((folder / "maalem.json").read_bytes())
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    dense = load_file(folder / "3_Dense" / "model.safetensors")
    texts = [about["prefix"] + text for text in ASKED]
    batch = tokenizer(
        texts,
        padding=True,
        truncation=True,
        max_length=about["max_tokens"],
        return_tensors="pt",
    )
    kept = batch["attention_mask"][:, :, None].float()
    with torch.no_grad():
        states = model(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
        ).last_hidden_state
        mean = (states * kept).sum(1) / kept.sum(1)
        vectors = torch.nn.functional.normalize(mean)
        logits = vectors @ dense["linear.weight"].T + dense["linear.bias"]
    theirs = torch.softmax(logits.double(), 1).numpy()
    ours = softmax(open_classifier(folder).logits(ASKED))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_plain_sentence_transformers_answers_as_we_do(kind, base, tmp_path):
    from sentence_transformers import SentenceTransformer

    teach(kind, base, FULL, tmp_path)
    folder = tmp_path / "checkpoint"
    model = SentenceTransformer(str(folder), local_files_only=True)
    theirs = softmax(model.encode(ASKED).astype(np.float64))
    ours = softmax(open_classifier(folder).logits(ASKED))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.weights
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["minilm-en", "e5-multilingual"])
def test_the_real_encoders_answer_equally_everywhere(kind, tmp_path, name):
    from sentence_transformers import SentenceTransformer

    from maalem.models.bases import prepare_base

    prepare_base(name, tmp_path / "base")
    recipe = Recipe(gear="full", batch_size=12, epochs=1)
    teach(kind, tmp_path / "base", recipe, tmp_path / "run", examples=a_lesson(30))
    folder = tmp_path / "run" / "checkpoint"
    predictor = open_classifier(folder)
    theirs = SentenceTransformer(str(folder), local_files_only=True).encode(ASKED)
    ours = softmax(predictor.logits(ASKED))
    np.testing.assert_allclose(ours, softmax(theirs.astype(np.float64)), atol=1e-5)
    answers = predictor.predict([row.text for row in a_lesson(30, seed=3)])
    right = [
        a.label == r.label for a, r in zip(answers, a_lesson(30, seed=3), strict=True)
    ]
    assert np.mean(right) > 0.9


@pytest.mark.parametrize("size", [1, 3])
def test_no_group_is_both_held_out_and_learned_from(size):
    targets = np.arange(90) % 3
    groups = [str(number // size) for number in range(90)]
    held = hold_out(groups, targets, share=0.2)
    sides = {group: set() for group in groups}
    for group, side in zip(groups, held, strict=True):
        sides[group].add(bool(side))
    assert all(len(both) == 1 for both in sides.values())
    assert 0.1 < held.mean() < 0.4


def test_every_label_keeps_half_of_its_examples_to_learn_from():
    targets = np.array([0] * 40 + [1] * 3 + [2])
    held = hold_out([str(n) for n in range(44)], targets, share=0.5)
    for label in range(3):
        assert (~held[targets == label]).sum() >= (targets == label).sum() / 2


def test_every_seed_holds_out_the_same_so_that_losses_compare():
    rows = a_lesson()
    held = [lesson_of(rows, labels=LABELS, share=0.2, seed=s).held for s in (0, 1)]
    assert (held[0] == held[1]).all()
