# SPDX-License-Identifier: Apache-2.0
"""A release is served only if it answers as it was examined."""

import dataclasses
import json
import shutil

import pytest
from tests.app.builders import flip_a_bit
from tests.serving.builders import Leaning, a_gateway, ask

from maalem.app import loop
from maalem.app.cores import computed_by
from maalem.errors import DataError, IntegrityError, MaalemError
from maalem.records import Passage
from maalem.release.probes import FIXED, PROBES, probe_texts, read_probes, write_probes
from maalem.serving.opened import open_release


def altered(opened, *, by, place=3):
    """Change one probability of one probe, as if another model had been examined."""
    probes = list(opened.probes.probes)
    first, *rest = probes[place].probabilities
    changed = (first + by, *rest)
    probes[place] = dataclasses.replace(probes[place], probabilities=changed)
    frozen = dataclasses.replace(opened.probes, probes=tuple(probes))
    return dataclasses.replace(opened, probes=frozen)


def refusal(opened, **more):
    with pytest.raises(IntegrityError) as caught:
        a_gateway(opened, **more)
    return caught.value


def test_a_release_carries_the_exact_answers_of_the_model_that_was_examined(opened):
    probes = opened.probes
    assert probes.model == opened.checkpoint.id
    assert len(probes.probes) > len(FIXED)
    for probe in probes.probes:
        (now,) = opened.model.predict([probe.text])
        assert (now.labels, now.probabilities) == (probes.labels, probe.probabilities)


def test_a_release_that_repeats_its_probes_is_served(opened):
    gateway = a_gateway(opened, computed=opened.probes.computed)
    assert gateway.models.served["system"].is_proven
    gateway.close()


def test_the_first_difference_is_named_by_probe_label_and_both_numbers(opened):
    error = refusal(altered(opened, by=0.25))
    probe = opened.probes.probes[3]
    assert error.code == "gateway.parity"
    assert repr(probe.text) in error.why
    assert repr(opened.probes.labels[0]) in error.why
    assert repr(probe.probabilities[0] + 0.25) in error.why
    assert f"is {probe.probabilities[0]!r} now" in error.why


def test_where_the_same_computes_the_last_bit_counts(opened):
    close = altered(opened, by=1e-9)
    a_gateway(close, computed="another machine").close()
    same = opened.probes.computed
    assert refusal(close, computed=same or "here").code == "gateway.parity" or not same


def test_a_model_that_answers_otherwise_in_a_batch_is_refused(opened):
    leaning = dataclasses.replace(opened, model=Leaning(opened.model, by=0.01))
    assert refusal(leaning).code == "gateway.parity"
    a_hair = dataclasses.replace(opened, model=Leaning(opened.model, by=1e-7))
    a_gateway(a_hair, computed=opened.probes.computed).close()


def test_an_answer_that_is_no_number_is_no_proof(opened):
    broken = Leaning(opened.model, by=float("nan"), least=1)
    with pytest.raises(MaalemError):
        a_gateway(dataclasses.replace(opened, model=broken))


def test_a_label_more_or_less_is_a_difference(opened):
    labels = ("Something else", *opened.probes.labels[1:])
    frozen = dataclasses.replace(opened.probes, labels=labels)
    error = refusal(dataclasses.replace(opened, probes=frozen))
    assert "'Something else'" in error.why


def test_a_release_without_probes_is_served_only_where_the_owner_says_so(opened):
    old = dataclasses.replace(opened, probes=None)
    assert refusal(old).code == "gateway.no-probes"
    gateway = a_gateway(old, allow_unproven=True)
    body = {"model": "system", "input": "x"}
    told = ask(gateway, "/v1/classifications", json=body)
    assert told.headers["x-maalem-parity"] == "unproven"
    assert told.json()["maalem"]["parity"] == "unproven"
    gateway.close()


def test_a_release_that_was_changed_is_never_loaded(journey, tmp_path):
    folder = shutil.copytree(journey.release, tmp_path / "release")
    flip_a_bit(folder / PROBES)
    with pytest.raises(IntegrityError) as caught:
        open_release(folder)
    assert caught.value.code == "release.unverified"


def test_no_probe_is_the_text_of_a_document(journey):
    with loop.open_workspace(journey.folder, read_only=True) as work:
        task = work.task("system")
        texts = {one.text for one in work.store.find(Passage)}
    asked = {one.text for one in read_probes(journey.release).probes}
    assert not asked & texts
    first = probe_texts(task, taken=())
    assert set(first) - set(probe_texts(task, taken=[" OK  ", first[-1]])) == {
        "ok",
        first[-1],
    }


def test_probes_are_read_back_to_the_last_bit(opened, tmp_path):
    ((name, content),) = write_probes(opened.probes).items()
    (tmp_path / name).write_bytes(content)
    assert read_probes(tmp_path) == opened.probes
    assert read_probes(tmp_path / "nowhere") is None


@pytest.mark.parametrize("change", [{"schema": "else"}, {"labels": 3}, {"probes": [1]}])
def test_probes_that_are_not_as_they_were_written_are_refused(opened, tmp_path, change):
    content = json.loads(write_probes(opened.probes)[PROBES]) | change
    (tmp_path / PROBES).write_text(json.dumps(content), "utf-8")
    with pytest.raises((DataError, IntegrityError)):
        read_probes(tmp_path)


def test_what_computes_is_told_the_same_way_twice():
    assert computed_by() == computed_by()
    assert "numpy" in computed_by()
