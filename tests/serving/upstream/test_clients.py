# SPDX-License-Identifier: Apache-2.0
"""OpenAI's own client asks an upstream through the gateway."""

import openai
import pytest
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.serving.builders import KEY
from tests.serving.upstream.builders import (
    ANSWER,
    CHAT,
    CHUNKED,
    DONE,
    a_house,
    chunk,
    event,
    http,
    says,
    says_and_hangs_up,
)

pytestmark = pytest.mark.usefixtures("loopback")


def client(address):
    return openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0)


def test_a_chat_is_answered():
    with a_house(says(http(200, ANSWER))) as (address, _, _), client(address) as asks:
        told = asks.chat.completions.create(**CHAT)
        assert told.choices[0].message.content == "hello yourself"
        assert told.usage.total_tokens == 12


def test_a_chat_is_answered_in_parts():
    parts = b"".join(chunk(one) for one in (event("he"), event("llo"), DONE))
    told = CHUNKED + parts + b"0\r\n\r\n"
    with a_house(says(told)) as (address, _, _), client(address) as asks:
        answer = asks.chat.completions.create(**CHAT, stream=True)
        assert [one.choices[0].delta.content for one in answer] == ["he", "llo"]


def test_a_stream_that_breaks_off_is_an_error_of_the_clients():
    begun = CHUNKED + chunk(event("he")) + chunk(event("llo")[:30])
    with a_house(says_and_hangs_up(begun)) as (address, _, _), client(address) as asks:
        answer = iter(asks.chat.completions.create(**CHAT, stream=True))
        assert next(answer).choices[0].delta.content == "he"
        with pytest.raises(openai.APIError, match="was lost before") as told:
            next(answer)
        assert told.value.code == "gateway.upstream-lost"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_a_refusal_is_an_error_of_the_clients_own(status, kind):
    with (
        a_house(says(http(status, b"")), retries=0) as (address, _, _),
        client(address) as asks,
        pytest.raises(kind) as told,
    ):
        asks.chat.completions.create(**CHAT)
    assert told.value.code.startswith("gateway.upstream-")
