# SPDX-License-Identifier: Apache-2.0
"""Texts of many requests are answered together, each to whom it belongs."""

import pytest
from tests.serving.builders import Held, Recorder

from maalem.errors import EngineError, SettingsError
from maalem.serving import GatewaySettings
from maalem.serving.batching import Batcher
from maalem.serving.refusals import RequestError


@pytest.fixture
def batcher():
    made = Batcher(GatewaySettings(most_waiting=128, batch_size=8))
    yield made
    made.close()


def labels(told):
    return [one.label for one in told.result(30)]


def held(batcher):
    """Keep the batcher busy; give the model that holds it, and who waits for it."""
    model = Held()
    first = batcher.submit(model, ["first"])
    assert model.begun.wait(30)
    return model, first


def test_each_request_gets_its_own_answers_in_its_order(batcher):
    model = Recorder()
    asked = [["a" * size, "b"] for size in range(1, 40)]
    told = [batcher.submit(model, texts) for texts in asked]
    assert [labels(one) for one in told] == [[str(n), "1"] for n in range(1, 40)]


def test_requests_that_wait_for_one_model_are_answered_together(batcher):
    model, first = held(batcher)
    others = [batcher.submit(model, [text]) for text in ("a", "bb", "ccc")]
    model.gate.set()
    assert [labels(one) for one in (first, *others)] == [["5"], ["1"], ["2"], ["3"]]
    assert model.batches == [["first"], ["a", "bb", "ccc"]]


def test_a_batch_holds_no_more_than_its_size_and_one_model(batcher):
    model, _ = held(batcher)
    other = Recorder()
    told = [batcher.submit(model, [str(n)] * 3) for n in range(5)]
    apart = batcher.submit(other, ["apart"])
    model.gate.set()
    assert [labels(one) for one in told] == [["1"] * 3] * 5
    assert labels(apart) == ["5"]
    assert [len(one) for one in model.batches] == [1, 6, 6, 3]
    assert other.batches == [["apart"]]


def test_a_full_queue_refuses_and_says_when_to_come_again(batcher):
    model, _ = held(batcher)
    waiting = batcher.submit(model, ["x"] * 128)
    with pytest.raises(RequestError) as caught:
        batcher.submit(model, ["y"])
    assert (caught.value.status, caught.value.code) == (429, "gateway.full")
    assert caught.value.headers["retry-after"] == "1"
    model.gate.set()
    waiting.result(30)
    assert labels(batcher.submit(model, ["y"])) == ["1"]


def test_a_text_that_fails_fails_no_other_request(batcher):
    model, _ = held(batcher)
    poisoned = Recorder(poison="poison")
    told = [batcher.submit(poisoned, [text]) for text in ("a", "poison", "bb")]
    model.gate.set()
    assert (labels(told[0]), labels(told[2])) == (["1"], ["2"])
    with pytest.raises(EngineError):
        told[1].result(30)


def test_nothing_is_computed_for_who_does_not_wait(batcher):
    model, _ = held(batcher)
    gone = batcher.submit(model, ["gone"])
    stays = batcher.submit(model, ["stays"])
    assert gone.cancel()
    model.gate.set()
    assert labels(stays) == ["5"]
    assert model.batches == [["first"], ["stays"]]


def test_closing_answers_what_waits_and_takes_no_more():
    batcher, model = Batcher(GatewaySettings()), Recorder()
    told = [batcher.submit(model, [text]) for text in ("a", "bb")]
    batcher.close()
    assert [labels(one) for one in told] == [["1"], ["2"]]
    with pytest.raises(RequestError) as caught:
        batcher.submit(model, ["c"])
    assert caught.value.status == 503


@pytest.mark.parametrize(
    "settings", [{"most_waiting": 127}, {"batch_size": 0}, {"wait_milliseconds": 51.0}]
)
def test_a_setting_that_cannot_be_is_refused(settings):
    with pytest.raises(SettingsError):
        GatewaySettings(**settings)
