# SPDX-License-Identifier: Apache-2.0
"""A release says behind which walls its model was taught, and what it tried there."""

from dataclasses import replace

import pytest
from tests.release.builders import a_digest, a_release, a_run, some_contents

from maalem.records import Attempt, Seal
from maalem.release import verify


def a_seal(**changes):
    fields = {
        "level": 4,
        "name": "full",
        "profile": "strict",
        "mode": "bubblewrap",
        "layers": ("namespaces", "bubblewrap", "landlock", "filter"),
        "missing": (),
        "probes": (("tcp", "EAFNOSUPPORT"),),
        "unproved": (),
        "facts": (("landlock version", "7"),),
        "refused": 0,
        "attempts": (),
        "bites": 0,
        "evidence": a_digest("evidence"),
    }
    return Seal(**{**fields, **changes})


def claim(tmp_path, *seals):
    contents = some_contents(tmp_path / "contents")
    runs = tuple(
        replace(
            a_run(contents.dataset, contents.checkpoint, seed),
            seal="none" if seal is None else f"{seal.level} {seal.name}",
            sealing=seal,
        )
        for seed, seal in enumerate(seals)
    )
    _, folder = a_release(tmp_path, runs=runs)
    verification = verify(folder)
    return next(one for one in verification.claims if one.name == "seal")


def test_a_sealed_run_is_green_and_says_that_it_tried_nothing(tmp_path):
    found = claim(tmp_path, a_seal())
    assert found.status == "green"
    assert "4 of 5, full" in found.text
    assert "nothing" in found.text


def test_refused_calls_are_told(tmp_path):
    tried = Attempt(process="hf-xet-0", call="socket", family="inet", count=18)
    found = claim(tmp_path, a_seal(refused=18, attempts=(tried,)))
    assert "18 refused calls" in found.text


def test_the_lowest_seal_of_the_runs_is_the_releases(tmp_path):
    low = a_seal(level=1, name="watched", refused=0)
    found = claim(tmp_path, a_seal(), low)
    assert found.status == "amber"
    assert "1 of 5, watched" in found.text


@pytest.mark.parametrize("unseen", [{"refused": None}, {"bites": None}])
def test_what_nobody_counted_is_amber(tmp_path, unseen):
    found = claim(tmp_path, a_seal(**unseen))
    assert found.status == "amber"
    assert "not counted" in found.text


def test_one_run_without_a_seal_is_enough_to_say_so(tmp_path):
    assert claim(tmp_path, a_seal(), None).status == "amber"


def test_a_reached_bait_is_red(tmp_path):
    assert claim(tmp_path, a_seal(bites=1)).status == "red"
