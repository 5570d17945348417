# SPDX-License-Identifier: Apache-2.0
"""A gateway for tests: in this process, or live on a port of this machine alone."""

import asyncio
import dataclasses
import threading
from contextlib import contextmanager

import httpx

from maalem.app.desk.serving import address_of, listen, server_of
from maalem.records import LabelScores
from maalem.serving import GatewaySettings
from maalem.serving.application import Gateway
from maalem.serving.doors import asking_doors
from maalem.serving.keys import Caller
from maalem.serving.mcp_door import McpDoor

KEY, BLIND = "mlm_key", "mlm_blind"
NAMES = frozenset({"127.0.0.1", "localhost"})
HOME = "http://127.0.0.1:8000"


def scopes_of(key):
    """Tell whose key it is: one may ask, one only read."""
    found = {KEY: frozenset({"predict"}), BLIND: frozenset({"read"})}
    return Caller(id=key, scopes=found[key]) if key in found else None


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def a_gateway(*opened, check=scopes_of, clock=None, computed="", **settings):
    """Make a gateway that serves releases."""
    gateway = Gateway(
        GatewaySettings(**settings), check=check, names=NAMES, clock=clock or Clock()
    )
    for door in asking_doors(gateway):
        gateway.doors.add(door)
    gateway.doors.add(McpDoor(gateway, names=NAMES))
    for one in opened:
        asyncio.run(gateway.admit(one, computed=computed))
    return gateway


def ask(gateway, path, *, json=None, key=KEY, method=None, **more):
    """Send one request through the whole application, without a network."""
    return ask_all(gateway, [(path, json)], key=key, method=method, **more)[0]


def ask_all(gateway, requests, *, key=KEY, method=None, **more):
    """Send several requests at once."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    headers |= more.pop("headers", {})

    async def go():
        transport = httpx.ASGITransport(gateway)
        async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
            calls = [
                client.request(
                    method or ("GET" if body is None and not more else "POST"),
                    path,
                    json=body,
                    headers=headers,
                    **more,
                )
                for path, body in requests
            ]
            return await asyncio.gather(*calls)

    return asyncio.run(go())


@contextmanager
def a_live_gateway(gateway, *, serve=server_of):
    """Serve a gateway from a thread until the block ends; give its address."""
    door = listen("127.0.0.1", 0)
    server = serve(gateway, is_secure=False)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield address_of(door).rstrip("/")
    finally:
        server.should_exit = True
        thread.join()
        door.close()


class Recorder:
    """A model that keeps which texts it was asked together; the label is the length."""

    def __init__(self, poison=None):
        self.batches = []
        self.poison = poison

    def predict(self, inputs):
        if self.poison in inputs:
            raise ValueError("cannot read this")
        self.batches.append(list(inputs))
        return tuple(answer(str(len(text))) for text in inputs)


class Held(Recorder):
    """A model that answers nothing before it is let go."""

    def __init__(self):
        super().__init__()
        self.begun, self.gate = threading.Event(), threading.Event()

    def predict(self, inputs):
        self.begun.set()
        assert self.gate.wait(30)
        return super().predict(inputs)


class Leaning:
    """A real model whose answers a batch changes, as a wrong padding would."""

    def __init__(self, model, *, by, least=2):
        self._model, self._by, self._least = model, by, least

    def predict(self, inputs):
        answers = self._model.predict(inputs)
        return answers if len(inputs) < self._least else [*map(self._moved, answers)]

    def _moved(self, one):
        first, *rest = one.probabilities
        return dataclasses.replace(one, probabilities=(first + self._by, *rest))


def answer(label):
    return LabelScores(labels=(label,), probabilities=(1.0,))


def an_encoding(opened, model):
    """A release of a task called near, whose model answers from vectors."""
    release = dataclasses.replace(opened.release, task="near")
    return dataclasses.replace(opened, release=release, model=model, probes=None)
