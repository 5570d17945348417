# SPDX-License-Identifier: Apache-2.0
import dataclasses
import re

import numpy as np
import pytest
from tests.models.builders import an_encoder_folder
from tests.release.builders import (
    a_dataset,
    a_digest,
    a_key,
    a_report,
    a_run,
    a_verdict,
    some_contents,
)

from maalem.models import Recipe
from maalem.models.folder import describe_folder
from maalem.records import Example
from maalem.release.bundle import bundle
from maalem.release.card import plain, render_card

LABELS = ("wet", "dry")
TEXTS = ("the pump leaks oil", "valve leak", "bucket broken", "the bucket", "oil leaks")


def a_taught_classifier(folder):
    """Teach a real classifier on a small random encoder, with the quick gear."""
    from maalem.models.classify import ClassifyKind

    examples = [
        Example(
            item=a_digest(f"{number}"),
            text=f"{TEXTS[number % 5]} {'abcdefgh'[number % 8]}",
            label=LABELS[number % 5 in {2, 3}],
            group=f"g{number}",
            language="en",
            split="teaching",
        )
        for number in range(40)
    ]
    kind, recipe = ClassifyKind(), Recipe(gear="quick", max_tokens=16)
    base = an_encoder_folder(folder / "base", prefix="query: ")
    for _ in kind.fit(
        base, examples, labels=LABELS, recipe=recipe, seed=0, into=folder / "run"
    ):
        pass
    checkpoint = describe_folder(
        folder / "run" / "checkpoint", "classify.v1", name="wet", licence="MIT"
    )
    return checkpoint, kind.load(checkpoint, folder / "run" / "checkpoint")


def contents_of(checkpoint, folder):
    dataset = a_dataset(folder / "dataset", labels=LABELS)
    exam = a_report(dataset, checkpoint)
    return some_contents(
        folder,
        dataset=dataset,
        exam=exam,
        later=None,
        verdict=a_verdict(exam),
        checkpoint=checkpoint,
        checkpoint_folder=folder / "run" / "checkpoint",
        runs=(a_run(dataset, checkpoint),),
    )


@pytest.mark.torch
@pytest.mark.slow
def test_the_ten_lines_of_the_card_answer_as_we_do(tmp_path, monkeypatch):
    checkpoint, ours = a_taught_classifier(tmp_path)
    contents = contents_of(checkpoint, tmp_path)
    bundle(contents, tmp_path / "release", key=a_key(tmp_path))
    monkeypatch.chdir(tmp_path / "release")
    card = (tmp_path / "release" / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    names = {}
    exec(code, names)
    labels, chances = names["classify"](list(TEXTS))
    answers = ours.predict(TEXTS)
    assert labels == [answer.label for answer in answers]
    wanted = np.array([answer.probabilities for answer in answers])
    assert np.abs(chances.numpy() - wanted).max() < 1e-5


def test_the_card_begins_with_what_model_hubs_read(tmp_path):
    card = render_card(some_contents(tmp_path), signer="abcd-ef01")
    front = card.split("---\n")[1]
    assert 'license: "apache-2.0"\n' in front
    assert '- "en"\n' in front
    assert "pipeline_tag: text-classification" in front
    assert "abcd-ef01" in card
    assert "signed anew is only amber" in card
    assert "Accuracy on the exam: 0.948 (0.931 to 0.963), 824 examples." in card


def test_a_label_cannot_write_markup_into_the_card(tmp_path):
    dataset = a_dataset(
        tmp_path / "dataset", labels=("<script>", "![](http://x)", "a\n# b")
    )
    card = render_card(some_contents(tmp_path, dataset=dataset), signer="abcd")
    assert "<script>" not in card
    assert "![](http://x)" not in card
    assert "\n# b" not in card


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain words", "plain words"),
        ("a\n\n- b", "a \\- b"),
        ("<b>", "&lt;b\\>"),
        ("*x* _y_ `z`", "\\*x\\* \\_y\\_ \\`z\\`"),
        ("محرك", "محرك"),
    ],
)
def test_text_is_shown_as_it_stands(text, wanted):
    assert plain(text) == wanted


def test_a_kind_that_transformers_does_not_know_gets_no_snippet(tmp_path):
    contents = some_contents(tmp_path)
    assert "transformers" in render_card(contents, signer="x")
    tiny = dataclasses.replace(contents.checkpoint, model_kind="tiny.v1")
    card = render_card(dataclasses.replace(contents, checkpoint=tiny), signer="x")
    assert "transformers" not in card
