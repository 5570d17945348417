# SPDX-License-Identifier: Apache-2.0
"""A stream is cut between events, however it comes and whatever ends its lines."""

import pytest

from maalem.serving.upstream.events import Events, tokens_of

END = {"\n": b"data: [DONE]\n\n", "\r\n": b"data:[DONE]\r\n\r\n"}


@pytest.mark.parametrize("newline", END)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_only_whole_events_pass_and_none_is_lost(newline, size):
    blank = (newline * 2).encode()
    stream = b"".join(b'data: {"a":%d}%s' % (n, blank) for n in range(9)) + END[newline]
    events, passed = Events(), []
    for at in range(0, len(stream), size):
        whole = events.take(stream[at : at + size])
        assert not whole or whole.endswith(blank)
        passed.append(whole)
    assert b"".join(passed) + events.rest() == stream
    assert events.is_done


def test_a_short_sign_of_life_passes_at_once():
    assert Events().take(b":\n\n") == b":\n\n"


def test_half_an_event_is_held_back():
    events = Events()
    assert events.take(b"data: 1\n\ndata: 2") == b"data: 1\n\n"
    assert events.rest() == b"data: 2"
    assert not events.is_done


def test_a_text_that_speaks_of_the_end_is_not_the_end():
    events = Events()
    events.take(b'data: {"content":"data: [DONE]"}\n\n')
    assert not events.is_done


@pytest.mark.parametrize("newline", END)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_event_of_tokens_alone_is_hidden_and_no_other(newline, size):
    blank = newline * 2
    told = [
        '{"choices":[{"delta":{"content":"\\"usage\\""}}],"usage":null}',
        '{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}',
        '{"choices":[]}',
    ]
    shown = "".join(f"data: {one}{blank}" for one in told).encode()
    hidden = f'data: {{"choices":[],"usage":{{"prompt_tokens":9}}}}{blank}'.encode()
    stream = shown + hidden + END[newline]
    events, passed = Events(hides_usage=True), b""
    for at in range(0, len(stream), size):
        passed += events.take(stream[at : at + size])
    assert passed + events.rest() == shown + END[newline]
    assert events.usage == {"prompt_tokens": 9}
    assert events.is_done


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2}, (1, 2)),
        ({"total_tokens": 3}, (3, None)),
        ({"prompt_tokens": True, "completion_tokens": -1}, (None, None)),
        ({"prompt_tokens": "9", "completion_tokens": 2**60}, (None, None)),
        (None, (None, None)),
        ([1], (None, None)),
    ],
)
def test_tokens_are_numbers_or_not_known(usage, tokens):
    assert tokens_of(usage) == tokens
