# SPDX-License-Identifier: Apache-2.0
"""The upstream of `bench_gateway.py`: as little as can answer a chat.

Run: `python benchmarks/gateway_upstream.py PORT`
"""

import asyncio
import json
import sys

USAGE = {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 17}
WORDS = ("one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight")
ABOUT = {"id": "chatcmpl-1", "created": 1, "model": "there"}


def whole() -> bytes:
    message = {"role": "assistant", "content": "".join(WORDS)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    told = {**ABOUT, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    body = json.dumps(told).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


def parts() -> list[bytes]:
    told = []
    for number, word in enumerate(WORDS):
        is_last = number == len(WORDS) - 1
        delta = {"role": "assistant", "content": word}
        reason = "stop" if is_last else None
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        kind = "chat.completion.chunk"
        told.append(json.dumps({**ABOUT, "object": kind, "choices": [choice]}))
    events = [f"data: {one}\n\n".encode() for one in [*told, "[DONE]"]]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    chunks = [b"%x\r\n%s\r\n" % (len(one), one) for one in events]
    return [head + b"transfer-encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n"]


WHOLE, PARTS = whole(), parts()


class Upstream(asyncio.Protocol):
    """Answers each request once its body is there."""

    def connection_made(self, transport):
        self.transport = transport
        self.held = b""

    def data_received(self, data):
        self.held += data
        while True:
            head, end, rest = self.held.partition(b"\r\n\r\n")
            if not end:
                return
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line[15:])
            if len(rest) < length:
                return
            body, self.held = rest[:length], rest[length:]
            is_stream = b'"stream":true' in body or b'"stream": true' in body
            for part in PARTS if is_stream else [WHOLE]:
                self.transport.write(part)  # each by itself, as tokens come


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
