# SPDX-License-Identifier: Apache-2.0
"""Documents come back in the order of their nearness, in each protocol's own form."""

import numpy as np
import pytest
from tests.serving.builders import ask

QUERY = "pump leaks oil"
DOCUMENTS = ["bucket is bent", "pump leaks oil", "engine will not start", ""]


def cosines(classifier):
    query, *documents = (
        one.vector.astype(float)
        for one in classifier.embedder.predict([QUERY, *DOCUMENTS])
    )
    return [
        query @ one / np.linalg.norm(query) / np.linalg.norm(one) for one in documents
    ]


def a_body(**more):
    return {"model": "near", "query": QUERY, "documents": DOCUMENTS, **more}


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/rerank"])
def test_the_score_is_the_cosine_and_the_nearest_comes_first(near, classifier, path):
    body = a_body(texts=DOCUMENTS) if path == "/rerank" else a_body()
    told = ask(near, path, json=body)
    found = told.json() if path == "/rerank" else told.json()["results"]
    scores = [one.get("score", one.get("relevance_score")) for one in found]
    assert found[0]["index"] == 1
    assert scores == sorted(scores, reverse=True)
    wanted = cosines(classifier)
    for one, score in zip(found, scores, strict=True):
        assert score == pytest.approx(wanted[one["index"]], abs=1e-5)
    assert told.headers["x-maalem-parity"] == "unexamined"


def test_only_the_nearest_come_where_a_number_is_given(near):
    for path in ("/v1/rerank", "/v2/rerank"):
        told = ask(near, path, json=a_body(top_n=2)).json()
        assert len(told["results"]) == 2
        assert len(ask(near, path, json=a_body(top_n=99)).json()["results"]) == 4


def test_texts_come_back_as_each_protocol_has_it(near):
    jina = ask(near, "/v1/rerank", json=a_body()).json()
    assert jina["results"][0]["document"] == {"text": QUERY}
    assert jina["usage"]["total_tokens"] > 0
    silent = ask(near, "/v1/rerank", json=a_body(return_documents=False)).json()
    cohere = ask(near, "/v2/rerank", json=a_body()).json()
    assert "document" not in silent["results"][0]
    assert "document" not in cohere["results"][0]
    assert cohere["id"]
    body = a_body(texts=DOCUMENTS, return_text=True)
    assert ask(near, "/rerank", json=body).json()[0]["text"] == QUERY


def test_a_document_may_be_an_object_with_a_text(near):
    plain = ask(near, "/v2/rerank", json=a_body()).json()["results"]
    body = a_body(documents=[{"text": one} for one in DOCUMENTS])
    assert ask(near, "/v2/rerank", json=body).json()["results"] == plain


@pytest.mark.parametrize(
    ("path", "more", "status", "keys"),
    [
        ("/v2/rerank", {"top_n": 0}, 400, {"message"}),
        ("/v2/rerank", {"documents": []}, 400, {"message"}),
        ("/v2/rerank", {"documents": ["x"] * 128}, 413, {"message"}),
        ("/v2/rerank", {"query": None}, 400, {"message"}),
        ("/v2/rerank", {"model": "sistem"}, 404, {"message"}),
        ("/v2/rerank", {"model": "system"}, 400, {"message"}),
        ("/v1/rerank", {"documents": [{"title": "x"}]}, 400, {"detail"}),
        ("/v1/rerank", {"return_documents": "yes"}, 400, {"detail"}),
        ("/rerank", {}, 422, {"error", "error_type"}),
        ("/rerank", {"texts": ["x"], "return_text": 1}, 422, {"error", "error_type"}),
    ],
)
def test_a_refusal_has_its_protocols_form(near, path, more, status, keys):
    told = ask(near, path, json=a_body(**more))
    assert (told.status_code, set(told.json())) == (status, keys)
