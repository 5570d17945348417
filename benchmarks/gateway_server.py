# SPDX-License-Identifier: Apache-2.0
"""Our gateway in `bench_gateway.py`: keys, relay and a log, and no model of its own.

Run: `python benchmarks/gateway_server.py PORT UPSTREAM_PORT KEY FOLDER`
"""

import queue
import sqlite3
import sys
import threading
import time
from pathlib import Path

from maalem.app.desk.serving import listen
from maalem.app.gateway.serving import gateway_server_of
from maalem.serving import GatewaySettings
from maalem.serving.application import Gateway
from maalem.serving.asking import read_body
from maalem.serving.keys import Caller
from maalem.serving.refusals import openai_form
from maalem.serving.settings import SCOPE
from maalem.serving.upstream.relay import Relay
from maalem.serving.upstream.server import Server
from maalem.serving.upstream.settings import Upstream, Upstreams

PATH = "/v1/chat/completions"


class ChatDoor:
    """Stands for the door of chats where the gateway has none by itself."""

    path, method, operation, is_open, scope = PATH, "POST", "chat", False, SCOPE
    refuse = staticmethod(openai_form)

    def __init__(self, gateway):
        self._gateway = gateway

    async def answer(self, call):
        body = read_body(call.raw)
        return await self._gateway.relay.answer(call, body, "chat", openai_form)


class Log:
    """Stands for the log of requests: a thread writes them down in batches."""

    def __init__(self, path: Path):
        self._path, self._told = path, queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    def __call__(self, told):
        self._told.put(told)

    def _write(self):
        line = sqlite3.connect(self._path, isolation_level=None)
        line.execute("PRAGMA journal_mode = WAL")
        line.execute(
            "CREATE TABLE request (id TEXT PRIMARY KEY, at REAL, seconds REAL, path, "
            "caller, task, model, status INTEGER, code, tokens_in, tokens_out)"
        )
        while True:
            batch = [self._told.get()]
            time.sleep(0.2)
            while not self._told.empty():
                batch.append(self._told.get())
            line.execute("BEGIN")
            line.executemany(
                "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(one.request, one.at, one.seconds, one.path, one.caller),
                        *(one.task, one.model, one.status, one.code),
                        *(one.tokens_in, one.tokens_out),
                    )
                    for one in batch
                ],
            )
            line.execute("COMMIT")


def main() -> None:
    port, upstream, key, folder = sys.argv[1:]
    caller = Caller(id="bench", scopes=frozenset({SCOPE}))
    gateway = Gateway(
        GatewaySettings(),
        check=lambda told: caller if told == key else None,
        names=frozenset({"127.0.0.1"}),
        clock=time.time,
        listeners=[Log(Path(folder) / "traffic.sqlite")],
    )
    near = Upstream(
        name="near",
        url=f"http://127.0.0.1:{upstream}/v1",
        models=(("small", "there"),),
    )
    gateway.relay = Relay(Upstreams(served=(near,)), [Server(near, key="sk-house")])
    if gateway.doors.find(PATH)[0] is None:
        gateway.doors.add(ChatDoor(gateway))
    door = listen("127.0.0.1", int(port))
    gateway_server_of(gateway, is_secure=False).run(sockets=[door])


if __name__ == "__main__":
    main()
