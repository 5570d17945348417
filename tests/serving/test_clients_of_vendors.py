# SPDX-License-Identifier: Apache-2.0
"""The clients of vendors ask an own model by a changed address, and hear its errors."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal

import cohere
import httpx
import numpy as np
import openai
import pytest
from cohere.core.api_error import ApiError
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from mistralai.client import Mistral
from mistralai.client.errors import SDKError
from pydantic import create_model
from tests.serving.builders import (
    BLIND,
    KEY,
    Held,
    a_gateway,
    a_live_gateway,
    an_encoding,
)

TEXT = "engine will not start"
ASKED = [{"role": "user", "content": TEXT}]
TEXTS = ["pump leaks oil", "لا يعمل", ""]


@pytest.fixture
def url(near, loopback):
    with a_live_gateway(near) as address:
        yield address


@pytest.fixture
def label(opened):
    (answer,) = opened.model.predict([TEXT])
    return answer.label


@pytest.fixture
def vectors(classifier):
    return np.stack([one.vector for one in classifier.embedder.predict(TEXTS)])


@contextmanager
def openais(url, key=KEY):
    with openai.OpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0) as client:
        yield client


@contextmanager
def coheres(url, key=KEY):
    with httpx.Client() as line:
        yield cohere.ClientV2(api_key=key, base_url=url, httpx_client=line)


@contextmanager
def a_full_gateway(opened):
    """Serve a gateway whose queue is full until the block ends."""
    model = Held()
    unproven = dataclasses.replace(opened, probes=None)
    gateway = a_gateway(unproven, allow_unproven=True, most_waiting=128)
    first = gateway.batcher.submit(model, ["first"])
    assert model.begun.wait(30)
    rest = gateway.batcher.submit(model, ["x"] * 128)
    try:
        with a_live_gateway(gateway) as address:
            yield address
    finally:
        model.gate.set()
        first.result(30)
        rest.result(30)
        gateway.close()


def test_openais_client_completes_a_chat(url, opened, label):
    with openais(url) as client:
        told = client.chat.completions.create(model="system", messages=ASKED)
    assert told.choices[0].message.content == label
    assert told.maalem["release"] == opened.release.id
    assert told.usage.prompt_tokens is None


def test_openais_client_hears_the_events(url, label):
    with openais(url) as client:
        events = list(
            client.chat.completions.create(
                model="near",
                messages=ASKED,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        with client.chat.completions.stream(model="system", messages=ASKED) as stream:
            final = stream.get_final_completion()
    assert events[-1].usage.prompt_tokens > 0
    assert final.choices[0].message.content == label


def test_openais_client_parses_the_json_that_it_asked_for(url, opened):
    (answer,) = opened.model.predict([TEXT])
    wanted = create_model(
        "Sorted",
        label=(Literal[answer.labels], ...),
        probability=(float, ...),
        needs_expert=(bool, ...),
    )
    with openais(url) as client:
        told = client.chat.completions.parse(
            model="system", messages=ASKED, response_format=wanted
        )
    found = told.choices[0].message.parsed
    assert (found.label, found.probability) == (answer.label, answer.probability)


def test_openais_client_unpacks_the_vectors(url, vectors):
    with openais(url) as client:
        packed = client.embeddings.create(model="near", input=TEXTS)
        plain = client.embeddings.create(
            model="near", input=TEXTS, encoding_format="float"
        )
    for told in (packed, plain):
        found = np.array([one.embedding for one in told.data], np.float32)
        np.testing.assert_array_equal(found, vectors)
    assert packed.usage.prompt_tokens > 0


def test_openais_client_raises_the_class_of_each_refusal(url, opened):
    def ask(key=KEY, home=url, **more):
        with openais(home, key) as client:
            body = {"model": "system", "messages": ASKED, **more}
            client.chat.completions.create(**body)

    with pytest.raises(openai.AuthenticationError):
        ask(key="sk-proj-of-somebody-else")
    with pytest.raises(openai.PermissionDeniedError):
        ask(key=BLIND)
    with pytest.raises(openai.NotFoundError) as lost:
        ask(model="sistem", stream=True)
    with pytest.raises(openai.BadRequestError) as bad:
        ask(n=10**6)
    assert (lost.value.code, bad.value.param) == ("model_not_found", "n")
    with a_full_gateway(opened) as full, pytest.raises(openai.RateLimitError) as many:
        ask(home=full)
    assert many.value.response.headers["retry-after"] == "1"


def test_mistrals_client_completes_streams_and_embeds(url, label, vectors):
    with Mistral(api_key=KEY, server_url=url) as client:
        told = client.chat.complete(
            model="system", messages=ASKED, temperature=0.1, random_seed=3
        )
        with client.chat.stream(model="system", messages=ASKED) as stream:
            events = [one.data for one in stream]
        found = client.embeddings.create(model="near", inputs=TEXTS)
    assert told.choices[0].message.content == label
    said = "".join(one.choices[0].delta.content or "" for one in events)
    assert (said, events[-1].choices[0].finish_reason) == (label, "stop")
    rows = np.array([one.embedding for one in found.data], np.float32)
    np.testing.assert_array_equal(rows, vectors)


def test_mistrals_client_hears_refusals(url, opened):
    def status(home, key, **more):
        with (
            Mistral(api_key=key, server_url=home) as client,
            pytest.raises(SDKError) as caught,
        ):
            client.chat.complete(**{"model": "system", "messages": ASKED, **more})
        return caught.value.status_code

    assert status(url, "mlm_wrong") == 401
    assert status(url, KEY, model="sistem") == 404
    assert status(url, KEY, n=3) == 400
    with a_full_gateway(opened) as full:
        assert status(full, KEY) == 429


def test_hugging_faces_client_chats_streams_and_hears_refusals(url, opened, label):
    client = InferenceClient(base_url=f"{url}/v1", token=KEY)
    told = client.chat_completion(ASKED, model="system")
    assert told.choices[0].message.content == label
    events = client.chat_completion(ASKED, model="system", stream=True)
    said = "".join(one.choices[0].delta.content or "" for one in events)
    assert said == label
    with pytest.raises(HfHubHTTPError, match="404"):
        client.chat_completion(ASKED, model="sistem")
    stranger = InferenceClient(base_url=f"{url}/v1", token="hf_other")
    with pytest.raises(HfHubHTTPError, match="401"):
        stranger.chat_completion(ASKED, model="system")
    with a_full_gateway(opened) as full:
        hurried = InferenceClient(base_url=f"{full}/v1", token=KEY)
        with pytest.raises(HfHubHTTPError, match="429"):
            hurried.chat_completion(ASKED, model="system")


def test_coheres_client_reranks(url, vectors):
    with coheres(url) as client:
        told = client.rerank(
            model="near", query=TEXTS[0], documents=TEXTS[::-1], top_n=2
        )
    assert told.results[0].index == 2
    assert told.results[0].relevance_score == pytest.approx(1.0, abs=1e-5)
    second = 2 - told.results[1].index
    assert told.results[1].relevance_score == pytest.approx(
        float(vectors[0] @ vectors[second]), abs=1e-5
    )


def test_coheres_client_raises_the_class_of_each_refusal(url, opened, classifier):
    def ask(home=url, key=KEY, model="near"):
        with coheres(home, key) as client:
            client.rerank(
                model=model,
                query="x",
                documents=["y"],
                request_options={"max_retries": 0},
            )

    with pytest.raises(cohere.UnauthorizedError):
        ask(key="wrong")
    with pytest.raises(cohere.ForbiddenError):
        ask(key=BLIND)
    with pytest.raises(cohere.NotFoundError) as lost:
        ask(model="sistem")
    with pytest.raises(cohere.BadRequestError):
        ask(model="system")
    assert "sistem" in lost.value.body["message"]
    slow = an_encoding(opened, classifier)
    with a_full_gateway(slow) as full, pytest.raises(ApiError) as many:
        ask(home=full)
    assert many.value.status_code == 429


def test_many_clients_at_once_each_hear_their_own_answer(url, opened):
    texts = [f"engine {number} will not start" for number in range(24)]
    wanted = [answer.label for answer in opened.model.predict(texts)]

    with openais(url) as client, ThreadPoolExecutor(8) as threads:

        def ask(text):
            asked = [{"role": "user", "content": text}]
            told = client.chat.completions.create(model="system", messages=asked)
            return told.choices[0].message.content

        assert list(threads.map(ask, texts)) == wanted
