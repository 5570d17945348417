# SPDX-License-Identifier: Apache-2.0
"""The vectors that a release answers from are given as they are, and claim no proof."""

import base64

import numpy as np
import pytest
from tests.serving.builders import ask

TEXTS = ["pump leaks oil", "لا يعمل", ""]
PATH = "/v1/embeddings"


def vectors(classifier, texts=TEXTS):
    return np.stack([one.vector for one in classifier.embedder.predict(texts)])


def test_each_text_has_its_vector_in_its_place(near, classifier):
    told = ask(near, PATH, json={"model": "near", "input": TEXTS}).json()
    assert [one["index"] for one in told["data"]] == [0, 1, 2]
    found = np.array([one["embedding"] for one in told["data"]], np.float32)
    np.testing.assert_array_equal(found, vectors(classifier))
    assert told["usage"]["prompt_tokens"] == told["usage"]["total_tokens"] > 6
    alone = ask(near, PATH, json={"model": "near", "input": TEXTS[0]}).json()
    np.testing.assert_allclose(
        alone["data"][0]["embedding"], vectors(classifier)[0], atol=1e-6
    )


def test_base64_unpacks_to_the_same_bits(near, classifier):
    body = {"model": "near", "input": TEXTS, "encoding_format": "base64"}
    told = ask(near, PATH, json=body).json()
    found = [
        np.frombuffer(base64.b64decode(one["embedding"]), "<f4") for one in told["data"]
    ]
    np.testing.assert_array_equal(found, vectors(classifier))


def test_vectors_of_the_head_are_those_its_answers_come_from(classifier):
    weights = classifier._head.logits(vectors(classifier))
    np.testing.assert_allclose(weights, classifier.logits(TEXTS), atol=1e-5)


def test_an_answer_says_that_no_exam_vouches_for_it(near, opened):
    told = ask(near, PATH, json={"model": "near", "input": "x"})
    assert told.headers["x-maalem-parity"] == "unexamined"
    assert told.headers["x-maalem-threshold"] == "none"
    assert told.headers["x-maalem-model"] == opened.checkpoint.id
    assert "x-maalem-needs-expert" not in told.headers
    assert told.json()["maalem"]["parity"] == "unexamined"


def test_a_text_beyond_the_window_is_named_as_cut(near):
    body = {"model": "near", "input": ["pump", "pump " * 500]}
    assert ask(near, PATH, json=body).json()["maalem"]["cut"] == [1]


def test_token_numbers_are_refused_with_the_setting_that_sends_texts(near):
    for given in ([1, 2, 3], [[1, 2], [3]], ["text", 3]):
        told = ask(near, PATH, json={"model": "near", "input": given})
        assert (told.status_code, told.json()["error"]["param"]) == (400, "input")
        assert "check_embedding_ctx_length=False" in told.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"encoding_format": ["float"]}, "encoding_format"),
        ({"dimensions": 8}, "dimensions"),
        ({"dimensions": "16"}, "dimensions"),
        ({"output_dimension": 8}, "dimensions"),
        ({"output_dtype": "int8"}, "output_dtype"),
        ({"input": []}, "input"),
        ({"input": {"text": "x"}}, "input"),
        ({"model": ""}, "model"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_name(near, more, field):
    told = ask(near, PATH, json={"model": "near", "input": "x", **more})
    assert (told.status_code, told.json()["error"]["param"]) == (400, field)


def test_the_length_that_the_vectors_have_may_be_asked_for(near, classifier):
    body = {"model": "near", "input": "x", "dimensions": classifier.embedder.dimension}
    assert ask(near, PATH, json=body).status_code == 200


def test_a_model_without_vectors_says_so(near):
    told = ask(near, PATH, json={"model": "system", "input": "x"})
    assert told.status_code == 400
    assert told.json()["error"]["code"] == "gateway.no-vectors"


def test_whoever_listens_hears_the_texts_and_no_label(near):
    heard = []
    near.listeners.append(heard.append)
    ask(near, PATH, json={"model": "near", "input": TEXTS})
    (one,) = heard
    assert (one.operation, one.task) == ("embed", "near")
    assert [(two.text, two.label) for two in one.decisions] == [(t, "") for t in TEXTS]
    assert one.tokens_in > 0
