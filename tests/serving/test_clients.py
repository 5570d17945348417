# SPDX-License-Identifier: Apache-2.0
"""The clients that people have speak to the gateway, over a real connection."""

import openai
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from mistralai.client import Mistral
from tests.serving.builders import KEY, a_live_gateway

TEXTS = ["engine will not start", "الدلو مكسور", ""]


@pytest.fixture
def url(gateway, loopback):
    with a_live_gateway(gateway) as address:
        yield address


def scores(opened, text):
    (answer,) = opened.model.predict([text])
    return dict(zip(answer.labels, answer.probabilities, strict=True))


def test_mistrals_client_classifies(url, opened):
    with Mistral(api_key=KEY, server_url=url) as client:
        told = client.classifiers.classify(model="system", inputs=TEXTS)
        alone = client.classifiers.classify(model="system", inputs=TEXTS[0])
        chat = client.classifiers.classify_chat(
            model="system",
            input={"messages": [{"role": "user", "content": TEXTS[0]}]},
        )
    found = [one["system"].scores for one in told.results]
    for text, one in zip(TEXTS, found, strict=True):
        assert one == pytest.approx(scores(opened, text), abs=2e-5)
    assert alone.results[0]["system"].scores == scores(opened, TEXTS[0])
    assert chat.results[0]["system"].scores == scores(opened, TEXTS[0])


def test_mistrals_client_lists_the_models(url):
    with Mistral(api_key=KEY, server_url=url) as client:
        (card,) = client.models.list().data
        one = client.models.retrieve(model_id="system")
    assert card.id == one.id == "system"
    assert card.capabilities.classification


def test_mistrals_client_hears_a_refusal(url):
    with (
        Mistral(api_key=KEY, server_url=url) as client,
        pytest.raises(Exception, match="model_not_found") as caught,
    ):
        client.classifiers.classify(model="sistem", inputs="x")
    assert caught.value.status_code == 404


def test_openais_client_lists_the_models_and_hears_refusals(url, opened):
    with openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0) as client:
        (card,) = client.models.list().data
        assert (card.id, card.object, card.owned_by) == ("system", "model", "maalem")
        assert client.models.retrieve("system").id == "system"
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve("sistem")
    assert caught.value.code == "model_not_found"
    with (
        openai.OpenAI(api_key="x", base_url=f"{url}/v1", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.models.list()


def test_hugging_faces_client_classifies(url, opened):
    client = InferenceClient(model=f"{url}/models/system", token=KEY)
    for text in TEXTS[:2]:
        told = client.text_classification(text)
        assert {one.label: one.score for one in told} == scores(opened, text)
    (first,) = client.text_classification(TEXTS[0], top_k=1)
    assert first.score == max(scores(opened, TEXTS[0]).values())
    lost = InferenceClient(model=f"{url}/models/sistem", token=KEY)
    with pytest.raises(HfHubHTTPError, match="404"):
        lost.text_classification("x")
