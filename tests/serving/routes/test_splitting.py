# SPDX-License-Identifier: Apache-2.0
"""A canary's share is stable, grows without changing sides, and is what was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.serving.calls import Call
from maalem.serving.keys import Caller
from maalem.serving.routes.splitting import Split


def a_call(key="a", *, body=b"", session=b""):
    headers = {b"x-maalem-session": session} if session else {}
    caller = Caller(id=key, scopes=frozenset())
    return Call(
        id="1",
        at=0.0,
        method="POST",
        path="/",
        headers=headers,
        caller=caller,
        raw=body,
    )


def a_split(share=0.1, *, split="caller", salt="s"):
    return Split(task="system", salt=salt, share=share, split=split)


@given(st.text(), st.binary(), st.binary())
def test_one_caller_always_meets_one_model(key, body, other):
    split = a_split(0.5)
    assert split.takes(a_call(key, body=body)) == split.takes(a_call(key, body=other))


@given(st.text(), st.binary())
def test_one_request_always_meets_one_model_whoever_sends_it(key, body):
    split = a_split(0.5, split="request")
    assert split.takes(a_call(key, body=body)) == split.takes(a_call("b", body=body))


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_raising_the_share_takes_no_caller_away(key, one, other):
    low, high = sorted((one, other))
    assert a_split(low).takes(a_call(key)) <= a_split(high).takes(a_call(key))


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
@pytest.mark.parametrize("split", ["caller", "request"])
def test_the_share_of_many_is_the_one_asked_for(share, split):
    made = a_split(share, split=split)
    calls = (a_call(str(n), body=b"%d" % n) for n in range(20_000))
    met = sum(made.takes(call) for call in calls) / 20_000
    assert met == pytest.approx(share, abs=0.012)  # 3.4 standard errors of a half


def test_the_ends_are_nobody_and_everybody():
    calls = [a_call(str(n)) for n in range(100)]
    assert not any(a_split(0.0).takes(call) for call in calls)
    assert all(a_split(1.0).takes(call) for call in calls)


def test_another_salt_chooses_others():
    calls = [a_call(str(n)) for n in range(200)]
    one, other = ([a_split(0.5, salt=salt).takes(c) for c in calls] for salt in "ab")
    assert one != other


def test_sessions_of_one_caller_may_meet_different_models():
    split = a_split(0.5)
    met = {split.takes(a_call(session=b"%d" % n)) for n in range(64)}
    assert met == {True, False}
