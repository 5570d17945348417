# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent to a door gets an answer or a refusal in form, never a failure."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.serving.builders import ask
from tests.serving.test_traps import BODIES

WORDS = st.sampled_from(
    (
        *("user", "system", "text", "json_schema", "json_object", "object", "string"),
        *("system", "near", "label", "float", "base64", "none", "\ud800", ""),
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("role", "content", "type", "text", "include_usage", "name"),
                    *("json_schema", "schema", "properties", "required", "label"),
                    *("enum", "additionalProperties"),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    (
        *("model", "messages", "stream", "stream_options", "response_format", "n"),
        *("temperature", "tools", "stop", "logprobs", "input", "encoding_format"),
        *("dimensions", "query", "documents", "texts", "top_n", "return_documents"),
        *("seed", "max_tokens", "metadata", "anything"),
    )
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=st.sampled_from(sorted(BODIES)), more=st.dictionaries(FIELDS, VALUES))
def test_whatever_is_sent_gets_an_answer_or_a_refusal_in_form(near, path, more):
    told = ask(near, path, content=json.dumps({**BODIES[path], **more}))
    assert told.status_code in (200, 400, 404, 413, 422)
    if told.headers["content-type"] == "application/json":
        assert told.json()
    else:
        assert told.text.endswith("data: [DONE]\n\n")
