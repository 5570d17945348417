# SPDX-License-Identifier: Apache-2.0
"""A dry run shows what would be done, and does nothing."""

import pytest
from tests.app.builders import actions, content

DRY = [
    ("add", "{table}"),
    ("ask", "system"),
    ("ask",),
    ("import", "system", "{answers}"),
    ("import", "system", "--from-documents"),
    ("freeze", "system", "--leave-out-leaks"),
]


def filled(words, journey):
    places = {"table": journey.table, "answers": journey.answers}
    return [word.format(**places) for word in words]


@pytest.mark.parametrize("words", DRY, ids=" ".join)
def test_a_dry_run_changes_no_byte_of_a_project(maalem, journey, copied, words):
    before, deeds = content(copied), actions(copied)
    answer = maalem("-C", copied, *filled(words, journey), "--dry-run", "--json")
    assert answer.code == 0
    assert content(copied) == before
    assert actions(copied) == deeds


@pytest.mark.parametrize("step", range(len(DRY)))
def test_a_dry_run_shows_what_the_run_then_does(maalem, journey, project, step):
    done = [words for words in DRY[:step] if words != ("ask",)]
    for words in done:
        assert maalem("-C", project, *filled(words, journey)).code == 0
    words = filled(DRY[step], journey)
    dry = maalem("-C", project, *words, "-n", "--json")
    wet = maalem("-C", project, *words, "--json")
    assert (dry.code, wet.code) == (0, 0)
    assert dry.json == wet.json
