# SPDX-License-Identifier: Apache-2.0
"""What went wrong in servers like this one does not go wrong here."""

import base64
import gzip
import json
import shutil
import socket
from contextlib import contextmanager

import pytest
from tests.serving.builders import HOME, KEY, a_live_gateway, ask

from maalem.app import loop
from maalem.app.desk import api_keys
from maalem.app.gateway.opening import open_gateway
from maalem.app.workspace import now
from maalem.errors import UnsafeWeightsError
from maalem.models import kind_named
from maalem.models.folder import describe_folder

TEXT = "engine will not start"
CHAT = "/v1/chat/completions"
ASKED = {"model": "system", "messages": [{"role": "user", "content": TEXT}]}
BODIES = {
    CHAT: ASKED,
    "/v1/classifications": {"model": "system", "input": TEXT},
    "/v1/chat/classifications": {
        "model": "system",
        "input": {"messages": [{"role": "user", "content": TEXT}]},
    },
    "/predict": {"model": "system", "inputs": TEXT},
    "/models/system/predict": {"inputs": TEXT},
    "/models/system": {"inputs": TEXT},
    "/v1/embeddings": {"model": "near", "input": TEXT},
    "/v1/rerank": {"model": "near", "query": TEXT, "documents": [TEXT]},
    "/v2/rerank": {"model": "near", "query": TEXT, "documents": [TEXT]},
    "/rerank": {"model": "near", "query": TEXT, "texts": [TEXT]},
}


def clock():
    return now().timestamp()


@contextmanager
def a_project_gateway(folder):
    """Open a project's gateway, whose keys are looked up where they are kept."""
    with loop.open_workspace(folder) as work:
        gateway = open_gateway(work, clock=clock)
        yield gateway, work
        gateway.close()


def a_key(work, *scopes):
    made = {"scopes": scopes, "days": 1, "now": clock(), "by": "owner"}
    return api_keys.create(work.store, "caller", **made)


@pytest.mark.parametrize("field", ["api_base", "base_url", "api_key", "user_config"])
@pytest.mark.parametrize("path", BODIES)
def test_no_request_chooses_the_server_that_is_asked(near, path, field):
    body = {**BODIES[path], field: "http://169.254.169.254/"}
    told = ask(near, path, json=body)
    assert told.status_code in (400, 422)
    assert f"{field} must be absent" in told.text
    assert "169.254" not in told.text


def test_headers_choose_no_server_either(near):
    headers = {"x-api-base": "http://127.0.0.1:9", "openai-organization": "other"}
    plain = ask(near, CHAT, json=ASKED).json()["maalem"]
    assert ask(near, CHAT, json=ASKED, headers=headers).json()["maalem"] == plain


SQL = (
    "' OR '1'='1",
    "mlm_x' UNION SELECT * FROM record --",
    'mlm_x"; DROP TABLE record; --',
    "%27%20OR%201=1",
    "mlm_" + "x" * 20_000,
    "\x00",
    "é".encode().decode("latin-1"),
)


def test_sql_in_a_key_or_in_a_name_opens_and_harms_nothing(copied):
    with a_project_gateway(copied) as (gateway, work):
        key = a_key(work, "predict")
        unknown = ask(gateway, CHAT, json=ASKED, key="mlm_unknown")
        for attack in SQL:
            header = f"Bearer {attack}".encode("latin-1")
            told = ask(
                gateway, CHAT, json=ASKED, key="", headers={"authorization": header}
            )
            assert (told.status_code, told.content) == (401, unknown.content)
            lost = ask(gateway, CHAT, json={**ASKED, "model": attack}, key=key)
            assert lost.status_code == 404
        assert ask(gateway, f"/v1/models/{SQL[0]}", key=key).status_code == 404
        assert ask(gateway, CHAT, json=ASKED, key=key).status_code == 200


def test_a_foreign_key_opens_nothing_and_hears_what_any_other_hears(copied, tmp_path):
    other = shutil.copytree(copied, tmp_path / "other")
    with loop.open_workspace(other) as work:
        foreign = a_key(work, "predict")
    with a_project_gateway(copied) as (gateway, work):
        own = a_key(work, "predict")
        assert ask(gateway, CHAT, json=ASKED, key=own).status_code == 200
        unknown = ask(gateway, CHAT, json=ASKED, key="mlm_unknown")
        vendors = ("sk-proj-abc", "hf_abc", "jina_abc", "AIzaSyabc")
        for key in (foreign, *vendors, own[:-1], own.upper(), own + "x"):
            told = ask(gateway, CHAT, json=ASKED, key=key)
            assert (told.status_code, told.content) == (401, unknown.content)


def test_a_key_counts_in_its_header_alone(near):
    for path in (f"{CHAT}?api_key={KEY}", f"{CHAT}?key={KEY}"):
        assert ask(near, path, json=ASKED, key="").status_code == 401
    for headers in (
        {"cookie": f"session={KEY}"},
        {"x-api-key": KEY},
        {"proxy-authorization": f"Bearer {KEY}"},
        {"authorization": f"Basic {base64.b64encode(KEY.encode()).decode()}"},
        {"authorization": KEY},
    ):
        told = ask(near, CHAT, json=ASKED, key="", headers=headers)
        assert told.status_code == 401


def a_token(header, claims, signature=b""):
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    packed = (base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts)
    return ".".join(packed)


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256"])
def test_a_token_that_vouches_for_itself_opens_nothing(copied, algorithm):
    claims = {"sub": "owner", "scope": "predict", "exp": 2**40, "iss": "maalem"}
    token = a_token({"alg": algorithm, "typ": "JWT"}, claims, b"signed")
    with a_project_gateway(copied) as (gateway, _):
        assert ask(gateway, CHAT, json=ASKED, key=token).status_code == 401


@pytest.mark.parametrize("path", [*BODIES, "/mcp"])
def test_a_packed_body_is_never_unpacked(near, path):
    raw = gzip.compress(b" " * 10**6)
    told = ask(near, path, content=raw, headers={"content-encoding": "gzip"})
    assert told.status_code == 415
    assert told.headers["connection"] == "close"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"model": "system", "temperature": NaN}',
        b'{"model": "system", "temperature": Infinity}',
        b'{"model": "system", "seed": ' + b"9" * 5000 + b"}",
        b'{"model": "system", "tools": ' + b'[{"x":' * 20_000,
        b'{"model": "system", "tools": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"model": "system", "messages": "\xff"}',
    ],
)
@pytest.mark.parametrize("path", BODIES)
def test_json_that_is_none_or_without_bottom_is_refused(near, path, raw):
    told = ask(near, path, content=raw)
    assert told.status_code in (400, 422)


def test_half_a_character_is_refused_wherever_it_stands(near):
    half = "\ud800"
    bodies = (
        (CHAT, {**ASKED, "messages": [{"role": "user", "content": half}]}),
        (CHAT, {**ASKED, "model": half}),
        ("/v1/embeddings", {"model": "near", "input": [half]}),
        ("/v2/rerank", {"model": "near", "query": half, "documents": ["x"]}),
        ("/v2/rerank", {"model": "near", "query": "x", "documents": [half]}),
        ("/rerank", {"model": half, "query": "x", "texts": ["x"]}),
    )
    for path, body in bodies:
        told = ask(near, path, content=json.dumps(body))
        assert told.status_code in (400, 422)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "*"])
@pytest.mark.parametrize("path", [CHAT, "/mcp", "/v1/openapi.json", "/health"])
def test_a_name_that_was_bound_anew_reaches_nothing(near, path, host):
    method = "POST" if path in (CHAT, "/mcp") else "GET"
    told = ask(near, path, method=method, headers={"host": host})
    assert told.status_code == 400


LOOP = "{% for i in range(10**9) %}{{ ''.__class__.__mro__ }}{% endfor %}"


def test_a_template_in_a_request_is_a_text_like_any_other(near, opened):
    told = ask(
        near, CHAT, json={**ASKED, "messages": [{"role": "user", "content": LOOP}]}
    )
    (answer,) = opened.model.predict([LOOP])
    assert told.json()["maalem"]["probability"] == answer.probability
    told = ask(near, CHAT, json={**ASKED, "chat_template": LOOP})
    assert (told.status_code, told.json()["error"]["param"]) == (400, "chat_template")


@pytest.mark.parametrize("place", ["tokenizer_config.json", "chat_template.jinja"])
def test_a_template_in_a_model_is_refused_and_never_rendered(journey, tmp_path, place):
    folder = shutil.copytree(journey.release / "model", tmp_path / "model")
    content = json.dumps({"chat_template": LOOP}) if place.endswith("json") else LOOP
    (folder / place).write_text(content, "utf-8")
    checkpoint = describe_folder(folder, "tiny.v1", name="a trap", licence="MIT")
    with pytest.raises(UnsafeWeightsError):
        kind_named("tiny.v1").load(checkpoint, folder)


HEAD = (
    f"POST {CHAT} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {KEY}\r\n"
).encode()
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
SMUGGLING = {
    "a length and chunks": b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
    "two lengths": b"content-length: 0\r\ncontent-length: 52\r\n\r\n",
    "a list of lengths": b"content-length: 0, 52\r\n\r\n",
    "a length with a sign": b"content-length: +0\r\n\r\n",
    "a length below nothing": b"content-length: -1\r\n\r\n",
    "chunks twice": b"transfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n"
    b"0\r\n\r\n",
    "chunks under another name": b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"content-length : 0\r\n\r\n",
    "a folded line": b"x: y\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of hexadecimal form": b"transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "a chunk below nothing": b"transfer-encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a nought in a name": b"x\x00y: z\r\ncontent-length: 0\r\n\r\n",
}


def heard(url, raw):
    """Send bytes as they are; give all that comes back until the line is closed."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(raw)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
        return b"".join(parts)


def test_no_second_request_is_smuggled_behind_a_first(near, loopback):
    served = []
    near.listeners.append(served.append)
    with a_live_gateway(near) as url:
        for name, trick in SMUGGLING.items():
            told = heard(url, HEAD + trick + SMUGGLED)
            assert told.count(b"HTTP/1.1 ") == told.count(b"HTTP/1.1 400 ") > 0, name
    assert all(one.path == CHAT for one in served)


def test_what_is_larger_than_it_may_be_is_refused_before_it_has_come(near, loopback):
    many = b"".join(b"x-%d: y\r\n" % number for number in range(10_000))
    with a_live_gateway(near) as url:
        body = heard(url, HEAD + b"content-length: 10000000000\r\n\r\n")
        head = heard(url, HEAD + many + b"content-length: 0\r\n\r\n")
    assert body.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in body.lower()
    assert head.startswith(b"HTTP/1.1 431 ")


def test_a_browser_of_another_site_gets_no_leave_to_read(near):
    headers = {
        "origin": "https://evil.example",
        "access-control-request-method": "POST",
    }
    told = ask(near, CHAT, method="OPTIONS", headers=headers)
    assert told.status_code == 405
    for reply in (told, ask(near, CHAT, json=ASKED, headers=headers)):
        assert not [one for one in reply.headers if one.startswith("access-control")]


def test_no_path_leads_out_of_the_gateway(near):
    for path in ("/v1/models/..%2f..%2fetc%2fpasswd", "/models/%2e%2e/predict"):
        assert ask(near, f"{HOME}{path}").status_code in (404, 405)
