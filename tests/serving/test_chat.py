# SPDX-License-Identifier: Apache-2.0
"""A classifier answers a chat completion with its label, and claims to do no more."""

import json

import pytest
from tests.serving.builders import a_gateway, ask

from maalem.serving.refusals import RequestError
from maalem.serving.wire import reply_with

PATH = "/v1/chat/completions"
TEXT = "engine will not start"


def a_body(text=TEXT, *, model="system", before=(), **more):
    messages = [*before, {"role": "user", "content": text}]
    return {"model": model, "messages": messages, **more}


def answer_to(opened, text=TEXT):
    (answer,) = opened.model.predict([text])
    return answer


def events_of(told):
    """Read server-sent events; the last must be the end."""
    *events, end, nothing = told.text.split("\n\n")
    assert (end, nothing) == ("data: [DONE]", "")
    return [json.loads(one.removeprefix("data: ")) for one in events]


def test_the_answer_is_the_label_and_says_who_gave_it(gateway, opened):
    told = ask(gateway, PATH, json=a_body())
    body, answer = told.json(), answer_to(opened)
    (choice,) = body["choices"]
    assert choice["message"]["content"] == answer.label
    assert choice["finish_reason"] == "stop"
    assert body["object"] == "chat.completion"
    assert body["model"] == "system"
    said = body["maalem"]
    assert said["release"] == opened.release.id == told.headers["x-maalem-release"]
    assert said["probability"] == answer.probability
    assert said["scores"] == dict(zip(answer.labels, answer.probabilities, strict=True))
    flag = told.headers["x-maalem-needs-expert"]
    assert json.loads(flag) is said["needs_expert"]


def test_the_events_say_what_the_whole_says(gateway):
    whole = ask(gateway, PATH, json=a_body()).json()
    told = ask(
        gateway,
        PATH,
        json=a_body(stream=True, stream_options={"include_usage": True}),
    )
    assert told.headers["content-type"] == "text/event-stream"
    *events, usage = events_of(told)
    assert {one["object"] for one in events} == {"chat.completion.chunk"}
    assert len({one["id"] for one in events}) == 1
    said = "".join(one["choices"][0]["delta"].get("content", "") for one in events)
    assert said == whole["choices"][0]["message"]["content"]
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["maalem"] == whole["maalem"]
    assert (usage["choices"], usage["usage"]) == ([], whole["usage"])


def test_usage_comes_only_where_it_was_asked_for(gateway):
    events = events_of(ask(gateway, PATH, json=a_body(stream=True)))
    assert all("usage" not in one for one in events)


def test_a_refusal_before_the_first_event_is_no_event(gateway):
    told = ask(gateway, PATH, json=a_body(model="sistem", stream=True))
    assert told.status_code == 404
    assert told.json()["error"]["code"] == "model_not_found"


def test_tokens_are_counted_where_the_model_reads_any_and_else_are_not_there(near):
    counted = ask(near, PATH, json=a_body("pump", model="near")).json()["usage"]
    assert counted["prompt_tokens"] == counted["total_tokens"] > 2
    assert counted["completion_tokens"] == 0
    longer = ask(near, PATH, json=a_body("pump " * 200, model="near")).json()["usage"]
    assert longer["prompt_tokens"] > counted["prompt_tokens"]
    uncounted = ask(near, PATH, json=a_body()).json()["usage"]
    assert set(uncounted.values()) == {None}


def test_what_the_system_says_is_not_read_and_the_answer_says_so(gateway):
    before = [
        {"role": "system", "content": "Answer Hydraulics."},
        {"role": "developer", "content": "Always."},
    ]
    alone = ask(gateway, PATH, json=a_body())
    told = ask(gateway, PATH, json=a_body(before=before))
    assert told.json()["choices"] == alone.json()["choices"]
    assert (told.json()["maalem"]["unread"], alone.json()["maalem"]["unread"]) == (2, 0)
    assert told.headers["x-maalem-unread"] == "2"


@pytest.mark.parametrize(
    "messages",
    [
        [],
        None,
        "x",
        ["x"],
        [{"role": "system", "content": "x"}],
        [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}],
        [{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}],
        [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
        [{"role": "tool", "content": "x"}],
        [{"role": "user", "content": None}],
        [{"role": "user", "content": "\ud800"}],
        [{"role": "user", "content": "x"}] * 200,
    ],
)
def test_a_conversation_is_refused_since_no_exam_asked_one(gateway, messages):
    told = ask(
        gateway,
        PATH,
        content=json.dumps({"model": "system", "messages": messages}),
    )
    assert told.status_code == 400
    assert told.json()["error"]["param"] == "messages"


def test_a_text_may_come_in_parts(gateway, opened):
    parts = [{"type": "text", "text": TEXT[:6]}, {"type": "text", "text": TEXT[6:]}]
    told = ask(gateway, PATH, json=a_body(parts)).json()
    assert told["maalem"]["probability"] == answer_to(opened).probability


SHAPE = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "title": "Label"},
        "needs_expert": {"type": "boolean"},
    },
    "required": ["label", "needs_expert"],
    "additionalProperties": False,
}


def a_schema(schema):
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}


def test_json_is_given_where_json_is_asked_for(gateway, opened):
    answer = answer_to(opened)
    for wanted, keys in (
        ({"type": "json_object"}, {"label", "probability", "needs_expert"}),
        (a_schema(SHAPE), {"label", "needs_expert"}),
    ):
        told = ask(gateway, PATH, json=a_body(response_format=wanted)).json()
        content = json.loads(told["choices"][0]["message"]["content"])
        assert content["label"] == answer.label
        assert set(content) == keys
    plain = ask(gateway, PATH, json=a_body(response_format={"type": "text"})).json()
    assert plain["choices"][0]["message"]["content"] == answer.label


def test_a_list_of_labels_is_kept_only_where_it_has_all(gateway, opened):
    labels = list(answer_to(opened).labels)
    for listed, status in ((labels, 200), ([*labels, "Other"], 200), (labels[1:], 400)):
        schema = {"type": "object", "properties": {"label": {"enum": listed}}}
        body = a_body(response_format=a_schema(schema))
        assert ask(gateway, PATH, json=body).status_code == status


@pytest.mark.parametrize(
    "wanted",
    [
        "json",
        {"type": "xml"},
        {"type": "json_schema"},
        a_schema({"type": "string"}),
        a_schema({"type": "object"}),
        a_schema({**SHAPE, "required": ["label", "cause"]}),
        a_schema({"type": "object", "properties": {"cause": {"type": "string"}}}),
        a_schema({"type": "object", "properties": {"label": {"type": "number"}}}),
        a_schema({"type": "object", "properties": {"label": {"pattern": "x"}}}),
        a_schema({"type": "object", "properties": {"label": {"enum": "x"}}}),
        a_schema({**SHAPE, "$defs": {}}),
        a_schema({"anyOf": [SHAPE]}),
    ],
)
def test_a_schema_that_cannot_be_kept_is_refused(gateway, wanted):
    for stream in (False, True):
        body = a_body(response_format=wanted, stream=stream)
        told = ask(gateway, PATH, json=body)
        assert told.status_code == 400
        assert told.json()["error"]["param"] == "response_format"


ABSURD = {
    "n": 10**6,
    "max_tokens": -1,
    "max_completion_tokens": 2**31,
    "temperature": 1e9,
    "top_p": 1.5,
    "presence_penalty": "much",
    "seed": 10**40,
    "stream": "yes",
    "stream_options": [],
    "tools": [{"type": "function"}],
    "tool_choice": "required",
    "functions": [{}],
    "logprobs": True,
    "top_logprobs": 5,
    "logit_bias": {"50256": -100},
    "stop": ["\n"],
    "modalities": ["audio"],
    "store": True,
    "best_of": 3,
    "chat_template": "{{ 1 }}",
}


@pytest.mark.parametrize("field", ABSURD)
def test_an_absurd_or_unknown_parameter_is_refused_by_its_name(gateway, field):
    told = ask(gateway, PATH, json=a_body(**{field: ABSURD[field]}))
    assert told.status_code == 400
    assert told.json()["error"]["param"] == field
    assert told.json()["error"]["type"] == "invalid_request_error"


def test_what_changes_no_answer_of_a_classifier_is_let_through(gateway):
    sane = {
        "n": 1,
        "temperature": 0.7,
        "top_p": 1,
        "max_tokens": 5,
        "seed": 7,
        "user": "someone",
        "stop": None,
        "tools": [],
        "tool_choice": "none",
        "logprobs": False,
        "modalities": ["text"],
        "metadata": {"team": "a"},
    }
    alone = ask(gateway, PATH, json=a_body()).json()
    told = ask(gateway, PATH, json=a_body(**sane)).json()
    assert told["maalem"] == alone["maalem"]


def test_a_field_whose_name_is_no_text_is_refused_without_it(gateway):
    raw = json.dumps({**a_body(), "\ud800": 1})
    told = ask(gateway, PATH, content=raw)
    assert (told.status_code, told.json()["error"]["param"]) == (400, "a field")


def test_whoever_listens_hears_what_was_said(opened):
    heard = []
    gateway = a_gateway(opened)
    gateway.listeners.append(heard.append)
    told = ask(gateway, PATH, json=a_body(stream=True))
    (one,) = heard
    assert (one.operation, one.path, one.status) == ("chat", PATH, 200)
    assert (one.task, one.release) == ("system", opened.release.id)
    assert one.request == told.headers["x-request-id"]
    (decision,) = one.decisions
    assert (decision.text, decision.label) == (TEXT, answer_to(opened).label)
    gateway.close()


OPERATIONS = ("chat", "embed", "rerank", "classify")


class Somewhere:
    """Stands for the models of another server."""

    def __init__(self, *names):
        self.names = names
        self.asked = []

    def serves(self, model, operation):
        return model in self.names and operation in OPERATIONS

    async def answer(self, call, body, operation, refuse):
        call.model = f"{body['model']}@there"
        assert refuse(RequestError("no"))[0] == 400
        self.asked.append((operation, dict(body)))
        return reply_with({"from": "elsewhere"})


def test_a_model_that_is_elsewhere_is_asked_there_with_all_that_was_sent(gateway):
    gateway.relay = Somewhere("big", "system")
    talk = [{"role": "assistant", "content": "x"}]
    body = a_body(model="big", before=talk, tools=[{}], temperature=1.9)
    assert ask(gateway, PATH, json=body).json() == {"from": "elsewhere"}
    assert gateway.relay.asked == [("chat", body)]
    bodies = {
        "/v1/embeddings": {"model": "big", "input": [[1, 2]]},
        "/v2/rerank": {"model": "big", "query": "x", "documents": [{"title": "y"}]},
        "/v1/classifications": {"model": "big", "input": 3},
    }
    for path, sent in bodies.items():
        assert ask(gateway, path, json=sent).json() == {"from": "elsewhere"}
    own = ask(gateway, PATH, json=a_body()).json()
    assert own["model"] == "system", "a release here comes first"
    body = {"model": "system", "input": TEXT}
    assert "results" in ask(gateway, "/v1/classifications", json=body).json()
    assert [one for one, _ in gateway.relay.asked] == list(OPERATIONS)
    assert ask(gateway, PATH, json=a_body(model="none")).status_code == 404
