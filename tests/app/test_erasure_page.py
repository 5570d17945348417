# SPDX-License-Identifier: Apache-2.0
"""The page on an erasure says the same in every language."""

import re
import tomllib
from dataclasses import replace
from importlib import resources

import pytest

from maalem.app.erasure_page import LANGUAGES, page
from maalem.app.steps.erasure_report import ErasureReport
from maalem.app.steps.retraining import Duty, Successor
from maalem.records import digest_of

OLD, NEW, DATASET = digest_of("old"), digest_of("new"), digest_of("dataset")
AFTER = Successor(
    run=digest_of("run"),
    checkpoint=NEW,
    dataset=digest_of("again"),
    trained=1019,
    release="system-2",
    released=1023,
)
DUTY = Duty(
    entry=1007,
    subject="file:sha256:7",
    task="system",
    run=digest_of("first"),
    checkpoint=OLD,
    dataset=DATASET,
    taught=31,
    releases=("system-1",),
    state="retrained",
    successor=AFTER,
)
REPORT = ErasureReport(
    origin="maalem/fleet",
    entry=1007,
    at="2026-11-25T09:00:00+00:00",
    erasure=digest_of("erasure"),
    subject="file:sha256:7",
    reason="a letter of *17* March",
    is_person=True,
    counts=(
        ("adjudication", 2),
        ("annotation", 3),
        ("document", 5),
        ("item", 8),
        ("gold-card", 13),
        ("passage", 21),
    ),
    blobs=34,
    files=55,
    datasets=(DATASET,),
    erased_datasets=(DATASET,),
    models=(DUTY,),
    alike=89,
    held=144,
)


def strings(language):
    file = resources.files("maalem.app") / "catalogues" / f"erasure.{language}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def places(text):
    return sorted(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_every_catalogue_has_the_same_texts_with_the_same_places(language):
    english, other = strings("en"), strings(language)
    assert english.keys() == other.keys()
    assert {key: places(text) for key, text in english.items()} == {
        key: places(text) for key, text in other.items()
    }
    same = [key for key in english if english[key] == other[key]]
    assert set(same) <= {
        *("direction", "passage", "document", "pause", "qualification")
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_every_number_and_both_models(language):
    told = page(REPORT, language=language)
    for one in (OLD, NEW, DATASET, 1007, 1019, 1023, "system-2", 2, 3, 5, 8, 13, 21):
        assert str(one) in told
    for one in (31, 34, 55, 89, 144):
        assert str(one) in told
    assert r"\*17\*" in told
    assert "{" not in told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["open", "taught again", "restricted", "justified"])
def test_a_page_says_what_was_done_and_whether_it_is_final(language, state):
    is_done = state in {"restricted", "justified"}
    successor = replace(AFTER, release="", released=None)
    duty = replace(DUTY, state=state, decided=1031, reason="why not")
    duty = replace(duty, successor=successor if state == "taught again" else None)
    told = page(replace(REPORT, models=(duty,)), language=language)
    say = strings(language)
    assert (say["final"] in told) is is_done
    assert ("1031" in told) is is_done
    assert ("why not" in told) is is_done
    assert "None" not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_about_what_no_model_learned_from_says_none(language):
    bare = replace(REPORT, models=(), datasets=(), alike=0, held=0, reason="")
    told = page(bare, language=language)
    assert told.count(strings(language)["none"]) == 2
