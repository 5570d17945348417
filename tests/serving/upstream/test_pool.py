# SPDX-License-Identifier: Apache-2.0
"""Connections are given back whatever happens, and an upstream that fails may rest."""

import asyncio
import datetime as dt
import ipaddress
import random
import ssl

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.serving.upstream.builders import (
    ANSWER,
    CHAT,
    CHUNKED,
    DONE,
    HEADERS,
    a_house,
    an_upstream,
    chunk,
    event,
    http,
    says,
)

from maalem.serving.calls import Call
from maalem.serving.refusals import RequestError, openai_form
from maalem.serving.upstream.failures import full, garbage, hung
from maalem.serving.upstream.pool import Breaker, Pool
from maalem.serving.upstream.relay import Relay
from maalem.serving.upstream.server import Server
from maalem.serving.upstream.settings import Upstreams

PATH = "/v1/chat/completions"


def test_an_upstream_rests_after_failures_on_end_and_is_tried_by_one():
    breaker = Breaker(most=3, seconds=5.0)
    for _ in range(2):
        breaker.note(hung("near"), now=100.0)
        assert breaker.seconds_left(100.0) == 0.0
    breaker.note(garbage("near", "is odd"), now=100.0)
    assert breaker.seconds_left(101.0) == 4.0
    assert breaker.seconds_left(105.0) == 0.0
    assert breaker.seconds_left(105.0) == 5.0
    breaker.note(None, now=106.0)
    assert breaker.seconds_left(106.0) == 0.0


def test_what_the_caller_did_wrong_is_no_failure_of_the_upstream():
    breaker = Breaker(most=1)
    breaker.note(RequestError("too long", status=413), now=0.0)
    breaker.note(full("near"), now=0.0)
    assert breaker.seconds_left(0.0) == 0.0


async def moody(number, writer, reader):
    """Behave in another way each time, by the same chance."""
    chance = random.Random(number)
    begun = CHUNKED + chunk(event("one"))
    mood = chance.randrange(8)
    if mood == 0:
        writer.transport.abort()
    elif mood == 1:
        await reader.read()
    elif mood == 2:
        writer.write(b"no http\r\n\r\n")
    elif mood == 3:
        writer.write(begun)
        writer.close()
    elif mood == 4:
        writer.write(http(chance.choice([429, 500, 503])))
    elif mood == 5:
        writer.write(begun + chunk(DONE) + b"0\r\n\r\n")
    else:
        writer.write(http(200, ANSWER))


@pytest.mark.usefixtures("loopback")
def test_every_request_gets_an_answer_or_an_error_of_the_protocol(monkeypatch):
    monkeypatch.setattr(
        "maalem.serving.upstream.server.Breaker", lambda: Breaker(most=999)
    )

    async def one(client, address, number):
        body = {**CHAT, "stream": number % 2 == 0}
        answer = await client.post(f"{address}{PATH}", json=body)
        if (
            answer.status_code == 200
            and "event-stream" in answer.headers["content-type"]
        ):
            *_, last = answer.text.strip().split("\n\n")
            return last == "data: [DONE]" or "gateway.upstream-" in last
        told = answer.json()
        code = told.get("error", {}).get("code", "")
        return told == ANSWER or code.startswith("gateway.upstream-")

    async def go(address):
        async with httpx.AsyncClient(headers=HEADERS, timeout=30) as client:
            calls = (one(client, address, number) for number in range(160))
            return await asyncio.gather(*calls)

    with a_house(moody, silence_seconds=0.5) as (address, _, told):
        assert all(asyncio.run(go(address)))
        assert len(told) == 160


@pytest.mark.usefixtures("loopback")
def test_a_connection_is_given_back_whatever_happens():
    async def go(port):
        server = Server(an_upstream(port, most_connections=2, retries=0))
        loop = asyncio.get_running_loop()
        for _ in range(5):
            with pytest.raises(RequestError, match="failed"):
                await server.ask("chat", b"{}", until=loop.time() + 5)
        with pytest.raises(RequestError, match="keeps failing"):
            await server.ask("chat", b"{}", until=loop.time() + 5)
        pool = Pool(an_upstream(port, most_connections=2))
        lines = [await pool.take(is_fresh=False) for _ in range(2)]
        with pytest.raises(RequestError, match="as much as may be"):
            await pool.take(is_fresh=False)
        for line in lines:
            pool.give_back(line)
        again = await pool.take(is_fresh=False)
        assert again in lines
        again.close()
        pool.give_back(again)

    with a_house(says(http(500))) as (_, temper, _):
        asyncio.run(go(temper.port))


@pytest.mark.usefixtures("loopback")
def test_a_stream_that_nobody_begins_holds_no_connection():
    async def go(port):
        upstream = an_upstream(port, most_connections=1)
        relay = Relay(Upstreams(served=(upstream,)), [Server(upstream)])
        body = {**CHAT, "stream": True}
        for _ in range(3):
            call = Call(id="1", at=0.0, method="POST", path=PATH, headers={})
            reply = await relay.answer(call, body, "chat", openai_form)
            assert reply.headers["x-maalem-model"] == "small@near"
            del reply

    told = CHUNKED + chunk(event("one")) + chunk(DONE) + b"0\r\n\r\n"
    with a_house(says(told)) as (_, temper, _):
        asyncio.run(go(temper.port))


@pytest.fixture
def certificate(tmp_path):
    """A certificate of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "near")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "near.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(pem)
    )
    return path


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_certificate_that_nobody_trusts_ends_the_talk(
    certificate, monkeypatch, is_trusted
):
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secrecy = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secrecy.load_cert_chain(certificate)

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(200, ANSWER))
        await writer.drain()
        writer.close()

    async def go():
        door = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=secrecy)
        port = door.sockets[0].getsockname()[1]
        url = f"https://127.0.0.1:{port}/v1"
        server = Server(an_upstream(port, url=url, retries=0))
        until = asyncio.get_running_loop().time() + 5
        try:
            return (await server.ask("chat", b"{}", until=until)).status
        except RequestError as failure:
            return failure.code
        finally:
            door.close()

    assert asyncio.run(go()) == (200 if is_trusted else "gateway.upstream-unreachable")
