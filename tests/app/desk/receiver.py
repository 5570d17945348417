# SPDX-License-Identifier: Apache-2.0
"""A machine of ours that webhooks lead to: it keeps what comes, or misbehaves."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

from maalem.app.desk.webhooks import Webhook


class Receiver:
    """What came, and what is answered: a status for each notice, then 200."""

    def __init__(self, port, statuses=(), *, hangs=False):
        self.url = f"http://127.0.0.1:{port}/hook"
        self.came = Queue()
        self.statuses = list(statuses)
        self.hangs = hangs
        self.released = threading.Event()

    def next(self):
        """Wait for the next notice; give its headers and its body."""
        return self.came.get(timeout=30)


@contextmanager
def a_receiver(statuses=(), *, hangs=False, context=None):
    """Run a receiver on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.came.put((dict(self.headers), body))
            if receiver.hangs:
                receiver.released.wait(60)
                return
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            self.send_response(status)
            self.send_header("location", f"{receiver.url}/elsewhere")
            self.end_headers()
            self.wfile.write(b"zanzibar-7731" * 10_000 if status == 200 else b"")

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_):
            """A caller that goes away before all was written does what it should."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_port, statuses, hangs=hangs)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.url = f"https://localhost:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def a_webhook(url, *, name="a", events=("annotation",), may_be_private=True):
    return Webhook(
        id=name,
        url=url,
        secret=f"secret of {name}",
        events=frozenset(events),
        created=1.0,
        may_be_private=may_be_private,
    )
