# SPDX-License-Identifier: Apache-2.0
"""Each protocol is answered in its own form, whatever is sent."""

import asyncio
import dataclasses
import json
import logging

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.serving.builders import (
    BLIND,
    KEY,
    Clock,
    Held,
    Recorder,
    a_gateway,
    ask,
    ask_all,
)

from maalem.errors import IntegrityError
from maalem.serving import why_a_person
from maalem.serving.answering import PROTOCOLS
from maalem.serving.keys import REMEMBERED, Caller
from maalem.serving.refusals import RequestError
from maalem.serving.wire import LARGEST_BODY, read_whole

TEXT = "engine will not start"
MISTRAL = "/v1/classifications"
BODIES = {
    "/v1/classifications": {"model": "system", "input": TEXT},
    "/v1/chat/classifications": {
        "model": "system",
        "input": {"messages": [{"role": "user", "content": TEXT}]},
    },
    "/predict": {"inputs": TEXT},
    "/models/system/predict": {"inputs": TEXT},
    "/models/system": {"inputs": TEXT},
}


def scores(opened, text=TEXT):
    (answer,) = opened.model.predict([text])
    return dict(zip(answer.labels, answer.probabilities, strict=True))


def ranked(found):
    pairs = sorted(found.items(), key=lambda pair: -pair[1])
    return [{"label": label, "score": score} for label, score in pairs]


@pytest.mark.parametrize("path", BODIES)
def test_every_protocol_gives_the_models_very_numbers(gateway, opened, path):
    told = ask(gateway, path, json=BODIES[path])
    assert told.status_code == 200
    found = {
        "/v1": lambda body: body["results"][0]["system"]["scores"],
        "/predict": lambda body: {one["label"]: one["score"] for one in body},
        "/models/system": lambda body: {o["label"]: o["score"] for o in body[0]},
    }
    name = "/predict" if path.endswith("predict") else path
    read = found.get(name, found["/v1"])
    assert read(told.json()) == scores(opened)


@pytest.mark.parametrize("path", BODIES)
def test_every_answer_says_who_gave_it_and_whether_a_person_must(gateway, opened, path):
    told = ask(gateway, path, json=BODIES[path]).headers
    (answer,) = opened.model.predict([TEXT])
    reason = why_a_person(
        TEXT, answer, threshold=opened.threshold, taught=opened.taught
    )
    assert told["x-maalem-release"] == opened.release.id
    assert told["x-maalem-model"] == opened.checkpoint.id
    assert told["x-maalem-threshold"] == repr(opened.threshold)
    assert told["x-maalem-needs-expert"] == ("true" if reason else "false")
    assert told["x-maalem-parity"] == "proven"


def test_an_answer_below_the_guarantee_asks_for_a_person(opened):
    strict = dataclasses.replace(opened, threshold=1.1)
    gateway = a_gateway(strict)
    body = {"model": "system", "input": [TEXT, ""]}
    told = ask(gateway, MISTRAL, json=body)
    answers = told.json()["maalem"]["answers"]
    assert [one["needs_expert"] for one in answers] == [True, True]
    assert answers[0]["reason"] == "below the guaranteed 1.100"
    assert told.headers["x-maalem-needs-expert"] == "true,true"
    gateway.close()


def test_a_batch_is_answered_in_its_order(gateway, opened):
    texts = [TEXT, "bucket is bent", "لا يعمل", ""]
    told = ask(gateway, "/predict", json={"inputs": [[text] for text in texts]})
    assert [one[0]["label"] for one in told.json()] == [
        ranked(scores(opened, text))[0]["label"] for text in texts
    ]
    told = ask(gateway, MISTRAL, json={"model": "system", "inputs": texts})
    assert len(told.json()["results"]) == len(texts)


def test_what_a_user_said_last_is_classified(gateway, opened):
    messages = [
        {"role": "system", "content": "You sort reports."},
        {"role": "user", "content": "bucket is bent"},
        {"role": "assistant", "content": "Bucket"},
        {"role": "user", "content": [{"type": "text", "text": TEXT}]},
    ]
    body = {"model": "system", "input": [{"messages": messages}]}
    told = ask(gateway, "/v1/chat/classifications", json=body).json()
    assert told["results"][0]["system"]["scores"] == scores(opened)


def test_only_as_many_labels_come_as_were_asked_for(gateway, opened):
    body = {"inputs": TEXT, "parameters": {"top_k": 2}}
    told = ask(gateway, "/models/system", json=body).json()
    assert told == [ranked(scores(opened))[:2]]


BAD = [
    (MISTRAL, {"input": TEXT}, 400, "model"),
    (MISTRAL, {"model": "system"}, 400, "input"),
    (MISTRAL, {"model": "system", "input": []}, 400, "input"),
    (MISTRAL, {"model": "system", "input": [1]}, 400, "input"),
    (MISTRAL, {"model": 3, "input": TEXT}, 400, "model"),
    (MISTRAL, {"model": "system", "input": "\ud800"}, 400, "input"),
    (MISTRAL, {"model": "\ud800", "input": TEXT}, 400, "model"),
    (MISTRAL, {"model": "system", "input": ["x"] * 129}, 413, "input"),
    (MISTRAL, {"model": "system", "input": "x" * 100_001}, 413, "input"),
    ("/v1/chat/classifications", {"model": "system", "input": "x"}, 400, "input"),
    ("/v1/chat/classifications", {"model": "system", "input": {}}, 400, "messages"),
    (
        "/v1/chat/classifications",
        {
            "model": "system",
            "input": {"messages": [{"role": "system", "content": "x"}]},
        },
        400,
        "messages",
    ),
    (
        "/v1/chat/classifications",
        {
            "model": "system",
            "input": {"messages": [{"role": "user", "content": [{"type": "image"}]}]},
        },
        400,
        "content",
    ),
]


@pytest.mark.parametrize(("path", "body", "status", "field"), BAD)
def test_a_bad_field_is_refused_by_its_name_as_openai_does(
    gateway, path, body, status, field
):
    told = ask(gateway, path, content=json.dumps(body))
    error = told.json()["error"]
    assert (told.status_code, error["param"]) == (status, field)
    assert (error["type"], error["code"]) == ("invalid_request_error", "gateway.field")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff",
        b"[" * 20_000,
        b'{"model": "system", "input": NaN}',
        b'{"a":' * 10_000,
        b'{"top": ' + b"9" * 5000 + b"}",
    ],
)
@pytest.mark.parametrize("path", PROTOCOLS)
def test_a_body_that_is_no_json_object_is_refused(gateway, path, raw):
    told = ask(gateway, path.format(task="system"), content=raw)
    assert told.status_code in (400, 422)
    assert told.json()["error"]


def test_text_embeddings_inference_hears_its_own_errors(gateway):
    pair = ask(gateway, "/predict", json={"inputs": ["one", "two"]})
    raw = ask(gateway, "/predict", json={"inputs": TEXT, "raw_scores": True})
    many = ask(gateway, "/predict", json={"inputs": [["x"]] * 129})
    assert [one.status_code for one in (pair, raw, many)] == [422, 422, 413]
    for one in (pair, raw, many):
        assert set(one.json()) == {"error", "error_type"}
        assert one.json()["error_type"] == "Validation"


@pytest.mark.parametrize(
    "parameters", [{"top_k": 0}, {"top_k": True}, {"function_to_apply": "none"}, [1]]
)
def test_hugging_face_hears_its_own_errors(gateway, parameters):
    body = {"inputs": TEXT, "parameters": parameters}
    told = ask(gateway, "/models/system", json=body)
    assert told.status_code == 400
    assert set(told.json()) == {"error"}


def test_a_model_that_is_not_there_is_named(gateway):
    body = {"model": "sistem", "input": TEXT}
    told = ask(gateway, MISTRAL, json=body)
    assert told.status_code == 404
    assert told.json()["error"]["code"] == "model_not_found"
    assert "`sistem`" in told.json()["error"]["message"]
    for path in ("/models/sistem", "/models/sistem/predict"):
        assert ask(gateway, path, json={"inputs": TEXT}).status_code == 404
    for path in ("/models//predict", "/models/", "/v1/models/"):
        assert ask(gateway, path).status_code == 404
    assert ask(gateway, "/v1/models/sistem").status_code == 404


def test_a_path_without_a_model_is_refused_where_there_are_two(opened):
    other = dataclasses.replace(
        opened, release=dataclasses.replace(opened.release, task="other")
    )
    gateway = a_gateway(opened, other)
    told = ask(gateway, "/predict", json={"inputs": TEXT})
    assert told.status_code == 422
    named = ask(gateway, "/predict", json={"inputs": TEXT, "model": "other"})
    assert named.status_code == 200
    gateway.close()


def test_only_a_key_that_may_ask_opens(gateway):
    body = BODIES[MISTRAL]
    for key in ("", "mlm_wrong", "mlm_keyx"):
        told = ask(gateway, MISTRAL, json=body, key=key)
        assert told.status_code == 401
        assert told.json()["error"]["code"] == "invalid_api_key"
        assert told.headers["www-authenticate"] == "Bearer"
    told = ask(gateway, MISTRAL, json=body, key=BLIND)
    assert (told.status_code, told.json()["error"]["type"]) == (403, "permission_error")
    assert ask(gateway, "/predict", json={"inputs": TEXT}, key="").status_code == 401
    assert ask(gateway, "/v1/models", key="").status_code == 401


def test_a_revoked_key_is_refused_within_seconds(opened):
    clock, valid = Clock(), {"mlm_one": Caller(id="one", scopes=frozenset({"predict"}))}
    gateway = a_gateway(opened, check=valid.get, clock=clock)
    body = BODIES[MISTRAL]
    assert ask(gateway, MISTRAL, json=body, key="mlm_one").status_code == 200
    valid.clear()
    assert ask(gateway, MISTRAL, json=body, key="mlm_one").status_code == 200
    clock.now += REMEMBERED
    assert ask(gateway, MISTRAL, json=body, key="mlm_one").status_code == 401
    gateway.close()


def test_a_body_beyond_the_limit_is_refused_whatever_length_it_tells(gateway):
    async def endless():
        for _ in range(LARGEST_BODY // 65536 + 1):
            yield b" " * 65536

    for content in (b" " * (LARGEST_BODY + 1), endless()):
        told = ask(gateway, MISTRAL, content=content)
        assert told.status_code == 413
        assert told.headers["connection"] == "close"
        assert told.json()["error"]["code"] == "gateway.too-large"


def test_a_full_queue_is_429_with_a_time_to_come_again(opened):
    model = Held()
    gateway = a_gateway(
        dataclasses.replace(opened, model=model, probes=None),
        allow_unproven=True,
        most_waiting=128,
    )
    first = gateway.batcher.submit(model, ["first"])
    assert model.begun.wait(30)
    waiting = gateway.batcher.submit(model, ["x"] * 128)
    for path, body in BODIES.items():
        told = ask(gateway, path, json=body)
        assert (told.status_code, told.headers["retry-after"]) == (429, "1")
    model.gate.set()
    assert first.result(30)
    assert waiting.result(30)
    gateway.close()


def test_a_failure_tells_nothing_of_the_text(opened, caplog):
    model = Recorder(poison="zanzibar-7731")
    gateway = a_gateway(
        dataclasses.replace(opened, model=model, probes=None), allow_unproven=True
    )
    with caplog.at_level(logging.DEBUG):
        body = {"inputs": "zanzibar-7731"}
        tei = ask(gateway, "/predict", json=body)
        face = ask(gateway, "/models/system", json=body)
    assert (tei.status_code, tei.json()["error_type"]) == (424, "Backend")
    assert face.status_code == 500
    assert "zanzibar" not in tei.text + face.text + caplog.text
    gateway.close()


def test_another_method_or_path_is_refused(gateway):
    told = ask(gateway, MISTRAL, method="GET")
    assert (told.status_code, told.headers["allow"]) == (405, "POST")
    assert ask(gateway, "/v1/models", method="POST").status_code == 405
    assert ask(gateway, "/v1/nothing").status_code == 404


def test_a_foreign_host_is_refused(gateway):
    told = ask(gateway, "/v1/models", headers={"host": "evil.example"})
    assert (told.status_code, told.json()["error"]["code"]) == (400, "gateway.host")


def test_a_header_that_decides_must_not_stand_twice(gateway):
    headers = httpx.Headers([("authorization", "Bearer a"), ("authorization", "b")])
    told = ask_all(gateway, [("/v1/models", None)], key="", headers={})[0]
    assert told.status_code == 401

    async def go():
        transport = httpx.ASGITransport(gateway)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get("http://127.0.0.1/v1/models", headers=headers)

    assert asyncio.run(go()).json()["error"]["code"] == "gateway.header"


def test_health_and_readiness_need_no_key(opened):
    gateway = a_gateway()
    assert ask(gateway, "/health", key="").json() == {"status": "ok"}
    assert ask(gateway, "/ready", key="").status_code == 200
    gateway.models.refuse("system-1", IntegrityError("changed"))
    told = ask(gateway, "/ready", key="")
    assert told.status_code == 503
    assert told.json() == {"status": "refused", "models": 0, "refused": 1}
    refused = ask(gateway, MISTRAL, json=BODIES[MISTRAL])
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "gateway.refused"
    gateway.close()


def test_a_length_that_is_told_in_two_ways_is_refused(gateway):
    told = ask(
        gateway, MISTRAL, content=b"{}", headers={"transfer-encoding": "chunked"}
    )
    assert (told.status_code, told.json()["error"]["code"]) == (400, "gateway.header")


@pytest.mark.parametrize(
    ("receive", "code"),
    [(asyncio.Event().wait, "gateway.slow"), ("http.disconnect", "gateway.gone")],
)
def test_a_body_that_does_not_come_is_not_waited_for(receive, code):
    async def gone():
        return {"type": receive}

    with pytest.raises(RequestError) as caught:
        asyncio.run(
            read_whole(gone if isinstance(receive, str) else receive, {}, patience=0.01)
        )
    assert caught.value.code == code


async def cancelled(gateway, receive, *, once):
    """Send a request, and cancel it once something holds."""
    head = {"host": "localhost", "authorization": f"Bearer {KEY}"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": MISTRAL,
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in head.items()],
    }
    sent = []

    async def send(message):
        sent.append(message)

    request = asyncio.create_task(gateway(scope, receive, send))
    while not once():  # noqa: ASYNC110  # it comes to be in a thread
        await asyncio.sleep(0.001)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert sent == []


def test_a_request_that_is_cancelled_leaves_its_seat_and_is_told_of(opened):
    held = Held()
    gateway, told = a_gateway(opened), []
    served = gateway.models.served["system"]
    model = dataclasses.replace(served.opened, model=held)
    gateway.models.serve(dataclasses.replace(served, opened=model))
    gateway.listeners.append(told.append)
    body = json.dumps(BODIES[MISTRAL]).encode()

    async def never():
        await asyncio.Event().wait()

    async def whole():
        return {"type": "http.request", "body": body}

    async def go():
        await cancelled(gateway, never, once=lambda: gateway.room.under_way)
        await cancelled(gateway, whole, once=held.begun.is_set)

    try:
        asyncio.run(go())
    finally:
        held.gate.set()
    assert (gateway.room.under_way, gateway.room.body_bytes) == (0, 0)
    assert [(one.status, one.code) for one in told] == [(499, "gateway.gone")] * 2
    gateway.close()


def test_a_listener_that_fails_keeps_no_other_from_being_told(opened, caplog):
    gateway, told = a_gateway(opened), []

    def fail(one):
        raise ValueError(f"secret {one.decisions}")

    gateway.listeners += [fail, told.append]
    assert ask(gateway, MISTRAL, json=BODIES[MISTRAL]).status_code == 200
    assert [one.status for one in told] == [200]
    ours = [one for one in caplog.records if one.name.startswith("maalem")]
    assert [one.getMessage() for one in ours] == ["a listener failed with ValueError"]
    gateway.close()


def test_of_many_at_once_each_gets_its_own_answer(gateway, opened):
    texts = [f"engine {number} will not start" for number in range(60)]
    bodies = [{"model": "system", "input": text} for text in texts]
    told = ask_all(gateway, [(MISTRAL, body) for body in bodies])
    for text, one in zip(texts, told, strict=True):
        (found,) = one.json()["results"]
        assert found["system"]["scores"] == pytest.approx(scores(opened, text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("messages", "role", "content", "type", "text", "top_k")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ("model", "input", "inputs", "parameters", "raw_scores", "truncate", "x")
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(sorted(BODIES)), body=st.dictionaries(FIELDS, VALUES))
def test_whatever_is_sent_gets_an_answer_or_a_refusal_in_form(gateway, path, body):
    told = ask(gateway, path, content=json.dumps({**BODIES[path], **body}))
    assert told.status_code in (200, 400, 404, 413, 422)
    assert told.status_code == 200 or told.json()["error"]
