# SPDX-License-Identifier: Apache-2.0
"""Champion, canary and shadows on the way of a request."""

import asyncio
import dataclasses

import httpx
import pytest
from tests.serving.builders import Held, Recorder, a_gateway, ask, ask_all

from maalem.records import digest_of
from maalem.serving.answering import Served
from maalem.serving.batching import SPARE
from maalem.serving.routes.shadowing import Shadows
from maalem.serving.served import Canary

PATH = "/v1/classifications"
BODY = {"model": "system", "input": ["engine too hot", "hose burst"]}


@pytest.fixture
def heard():
    return []


@pytest.fixture
def gateway(opened, heard):
    made = a_gateway(opened)
    made.listeners.append(heard.append)
    yield made
    made.close()


def another(opened, *, model=None, named="another"):
    """Give a release with another name, and perhaps with another model."""
    release = dataclasses.replace(opened.release, id=digest_of(named), number=7)
    return Served(
        opened=dataclasses.replace(
            opened, release=release, model=model or opened.model
        ),
        is_proven=True,
    )


def shadowed(gateway, *several):
    """Let releases be heard; give what counts them."""

    def tell(told):
        for listener in gateway.listeners:
            listener(told)

    shadows = Shadows(gateway.batcher, tell, clock=lambda: 1000.0)
    shadows.asked = {"system": several}
    gateway.listeners.append(shadows.hear)
    return shadows


def test_what_the_canary_takes_it_answers_and_the_answer_says_so(
    gateway, opened, heard
):
    served = another(opened)
    takes = {"engine": True, "hose": False}
    canary = Canary(
        served=served, takes=lambda call: takes[call.headers[b"x-part"].decode()]
    )
    gateway.models.route(gateway.models.served, {"system": canary})
    told = {
        part: ask(gateway, PATH, json=BODY, headers={"x-part": part}).headers
        for part in takes
    }
    assert told["engine"]["x-maalem-arm"] == "canary"
    assert told["engine"]["x-maalem-release"] == served.opened.release.id
    assert told["hose"]["x-maalem-arm"] == "champion"
    assert told["hose"]["x-maalem-release"] == opened.release.id
    assert [(one.arm, one.release) for one in heard] == [
        ("canary", served.opened.release.id),
        ("champion", opened.release.id),
    ]


def test_an_answer_that_no_model_gave_names_no_arm(gateway):
    assert "x-maalem-arm" not in ask(gateway, "/health", key=None).headers


def test_a_shadow_is_asked_the_same_and_only_listeners_are_told(gateway, opened, heard):
    shadow = another(opened)
    shadowed(gateway, shadow)

    async def asked_and_waited():
        both = asyncio.Event()
        gateway.listeners.append(lambda told: told.arm == "champion" or both.set())
        transport = httpx.ASGITransport(gateway)
        headers = {"authorization": "Bearer mlm_key"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000", headers=headers
        ) as client:
            answer = await client.post(PATH, json=BODY)
            await both.wait()
            return answer

    answer = asyncio.run(asked_and_waited())
    champion, told = heard
    assert answer.headers["x-maalem-release"] == champion.release
    assert (told.arm, told.release) == ("shadow", shadow.opened.release.id)
    assert told.request == f"{champion.request}.shadow"
    assert [one.text for one in told.decisions] == BODY["input"]
    assert [one.label for one in told.decisions] == [
        one.label for one in champion.decisions
    ]


def test_callers_come_before_shadows(gateway):
    model = Held()
    first = gateway.batcher.submit(model, ["a caller"])
    assert model.begun.wait(30)
    spare = gateway.batcher.find_time(model, ["a shadow"])
    second = gateway.batcher.submit(model, ["another caller"])
    model.gate.set()
    for one in (first, second, spare):
        one.result(30)
    assert model.batches == [["a caller"], ["another caller"], ["a shadow"]]


def test_only_so_many_wait_until_no_caller_does(gateway):
    model = Held()
    gateway.batcher.submit(model, ["a caller who takes long"])
    assert model.begun.wait(30)
    for _ in range(SPARE):
        gateway.batcher.find_time(model, ["a shadow"])
    assert gateway.batcher.find_time(model, ["one too many"]) is None
    model.gate.set()


def test_a_shadow_that_fails_is_counted_and_the_champion_has_answered(
    gateway, opened, heard
):
    shadows = shadowed(gateway, another(opened, model=Recorder(poison="hose burst")))
    answers = ask_all(gateway, [(PATH, BODY)] * 4)
    assert [one.status_code for one in answers] == [200] * 4
    assert shadows.failed + shadows.dropped == 4
    assert {one.arm for one in heard} == {"champion"}


def begun(shadows, told):
    """Tell shadows of an answer; give how many are asked then."""

    async def go():
        shadows.hear(told)
        return len(asyncio.all_tasks()) - 1

    return asyncio.run(go())


def test_a_shadow_that_answers_already_is_not_asked_again(gateway, opened, heard):
    ask(gateway, PATH, json=BODY)
    shadows = shadowed(gateway, Served(opened=opened, is_proven=True), another(opened))
    assert begun(shadows, *heard) == 1


def test_no_shadow_is_asked_to_label_what_was_embedded(gateway, opened, heard):
    ask(gateway, PATH, json=BODY)
    texts = [dataclasses.replace(one, label="") for one in heard[0].decisions]
    embedded = dataclasses.replace(heard[0], operation="embed", decisions=tuple(texts))
    shadows = shadowed(gateway, another(opened))
    assert [begun(shadows, one) for one in (heard[0], embedded)] == [1, 0]


def test_refusals_and_shadows_have_no_shadow(gateway, opened, heard):
    shadows = shadowed(gateway, another(opened))
    ask(gateway, PATH, json={"model": "system", "input": 3})
    shadows.hear(dataclasses.replace(heard[0], arm="shadow", status=200))
    assert (shadows.dropped, shadows.failed, len(heard)) == (0, 0, 1)


def test_closing_leaves_no_shadow_waiting(opened):
    gateway = a_gateway(opened)
    model = Held()
    gateway.batcher.submit(model, ["a caller"])
    assert model.begun.wait(30)
    waiting = gateway.batcher.find_time(model, ["a shadow"])
    model.gate.set()
    gateway.close()
    assert waiting.done()
    assert gateway.batcher.find_time(model, ["too late"]) is None
