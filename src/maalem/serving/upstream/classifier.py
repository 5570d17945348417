# SPDX-License-Identifier: Apache-2.0
"""A chat model that is served elsewhere sits an exam: one request for each text."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from maalem.errors import EngineError
from maalem.records import Json
from maalem.serving.upstream.prompt import Prompt

TOGETHER = 4
"""Requests under way at once."""
ATTEMPTS = 4  # of one request; it changes nothing there, so that it may be sent again
LONGEST_WAIT = 30.0  # seconds before another attempt
LARGEST = 2**20  # bytes of an answer
SECONDS = 120.0  # of one attempt
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_NO_SCHEMA = frozenset({400, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatModel:
    """Where a chat model is served.

    Attributes:
        name: `MODEL@UPSTREAM`, as the settings have it.
        url: Of its chat completions, as `https://host/v1/chat/completions`.
        model: The upstream's own name of it.
        key: Sent as a bearer token; empty where none is asked for.
    """

    name: str
    url: str
    model: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    """What a chat model answered to one text.

    Attributes:
        label: The label; none where its answer holds none.
        seconds: How long the answer took, failed attempts left out.
        tokens_in: Tokens read; none where it does not tell.
        tokens_out: Tokens written, as above.
    """

    label: str | None
    seconds: float
    tokens_in: int | None
    tokens_out: int | None


class ChatClassifier:
    """Asks a chat model for the label of each text.

    A request is sent again where it failed on the way or the upstream asks for time; an
    answer that never comes ends the exam, since a missing one must not pass for a wrong
    one. Redirects are not followed, and no proxy of the environment is taken.
    """

    def __init__(
        self,
        model: ChatModel,
        prompt: Prompt,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._model = model
        self._prompt = prompt
        self._sleep = sleep
        self._is_structured = True  # until the upstream refuses it

    def answer(
        self, texts: Sequence[str], *, tell: Callable[[int], None] = lambda _: None
    ) -> tuple[ChatAnswer, ...]:
        """Answer each text, in order.

        Args:
            texts: The texts.
            tell: Called with the number of answers that have come.

        Raises:
            EngineError: The upstream refuses, or its answers do not come.
        """
        with ThreadPoolExecutor(TOGETHER) as pool:
            waiting = [pool.submit(self._answer, text) for text in texts]
            try:
                for done, one in enumerate(as_completed(waiting), 1):
                    one.result()
                    tell(done)
            finally:
                pool.shutdown(cancel_futures=True)
            return tuple(one.result() for one in waiting)

    def _answer(self, text: str) -> ChatAnswer:
        why = ""
        for attempt in range(ATTEMPTS):
            is_structured = self._is_structured
            asked = self._prompt.body(
                text, model=self._model.model, is_structured=is_structured
            )
            began = time.perf_counter()
            got = self._send(asked)
            if got.status == 200:
                return self._read(got.body, time.perf_counter() - began)
            if got.status in _NO_SCHEMA and is_structured:
                self._is_structured = False
                continue
            why = got.why
            if got.status and got.status not in _AGAIN:
                break
            if attempt + 1 < ATTEMPTS:
                self._sleep(min(LONGEST_WAIT, got.wait or 0.5 * 2**attempt))
        raise self._failed(why)

    def _send(self, asked: dict[str, Json]) -> "_Got":
        """Send one request; what fails on the way is told, not raised."""
        url = urlsplit(self._model.url)
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        line = kind(url.netloc, timeout=SECONDS)
        headers = {"content-type": "application/json"}
        if self._model.key:
            headers["authorization"] = f"Bearer {self._model.key}"
        try:
            line.request("POST", url.path, json.dumps(asked).encode(), headers)
            reply = line.getresponse()
            told = reply.headers.get("retry-after", "")
            return _Got(
                status=reply.status,
                body=_read_all(reply),
                why=f"it answered with status {reply.status}",
                wait=float(told) if told.isdecimal() else 0.0,
            )
        except (OSError, HTTPException, ValueError) as error:
            return _Got(why=type(error).__name__)
        finally:
            line.close()

    def _read(self, body: bytes, seconds: float) -> ChatAnswer:
        try:
            told = json.loads(body)
            content = told["choices"][0]["message"]["content"]
            usage = told.get("usage") or {}
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise self._failed("its answer is not a chat completion") from None
        return ChatAnswer(
            label=self._prompt.read(content) if isinstance(content, str) else None,
            seconds=seconds,
            tokens_in=_count(usage, "prompt_tokens"),
            tokens_out=_count(usage, "completion_tokens"),
        )

    def _failed(self, why: str) -> EngineError:
        return EngineError(
            f"{self._model.name} did not answer",
            why=why,
            hint="examine again once it does; an answer that is missing counts as none",
            code="examine.upstream",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Got:
    """What came of one request; the status is 0 where no answer came."""

    why: str
    status: int = 0
    body: bytes = b""
    wait: float = 0.0


def _read_all(reply: HTTPResponse) -> bytes:
    """Read an answer.

    Raises:
        ValueError: It is too large, or comes too slowly.
    """
    ends, parts, size = time.monotonic() + SECONDS, [], 0
    while part := reply.read1(2**16):
        parts.append(part)
        size += len(part)
        if size > LARGEST or time.monotonic() > ends:
            raise ValueError("the answer is too large or too slow")
    return b"".join(parts)


def _count(usage: object, key: str) -> int | None:
    """Give a number of tokens; none where there is none, which is not 0."""
    found = usage.get(key) if isinstance(usage, dict) else None
    return found if type(found) is int and found >= 0 else None
