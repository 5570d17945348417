# SPDX-License-Identifier: Apache-2.0
"""Links with which somebody without an account says whether one answer was right."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maalem.serving.asking import read_body
from maalem.serving.calls import Call
from maalem.serving.corrections.feedback import read_place, read_request, unknown
from maalem.serving.corrections.logged import find_logged
from maalem.serving.corrections.settings import SCOPE
from maalem.serving.refusals import openai_form
from maalem.serving.wire import Reply, reply_with

PATH = "/correct/"
"""What the path of a link begins with, at the desk."""
_DAY = 86_400.0
_MAC = 32  # hexadecimal digits: 128 bits
_FORM = re.compile(
    rf"([0-9A-Za-z_-]{{1,200}})\.(\d{{1,3}})\.(\d{{1,12}})\.([0-9a-f]{{{_MAC}}})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What a link is about.

    Attributes:
        request: Id of the request.
        place: Number of the text in it.
        expires: Until when it opens, in seconds since 1970.
    """

    request: str
    place: int
    expires: int


class Linker:
    """Makes links, and reads them; nobody else can make one."""

    def __init__(self, key: bytes, *, address: str, days: int) -> None:
        """Take what links are made with.

        Args:
            key: Secret of the project.
            address: Where the desk is reached, without a path.
            days: For how long a link opens.
        """
        self._key = key
        self._address = address.rstrip("/")
        self._days = days

    def link(self, request: str, place: int, *, now: float) -> tuple[str, int]:
        """Make a link to one answer; give it, and until when it opens."""
        expires = int(now + self._days * _DAY)
        said = f"{request}.{place}.{expires}"
        return f"{self._address}{PATH}{said}.{self._mac(said)}", expires

    def read(self, token: str, *, now: float) -> Linked | None:
        """Read what stands in a link behind `PATH`; none if it opens nothing (more).

        Source:
            RFC 2104, HMAC, over SHA-256, its first 16 bytes.
        """
        form = _FORM.fullmatch(token)
        said, _, mac = token.rpartition(".")
        if form is None or not hmac.compare_digest(mac, self._mac(said)):
            return None
        request, place, expires, _ = form.groups()
        linked = Linked(request=request, place=int(place), expires=int(expires))
        return linked if now < linked.expires else None

    def _mac(self, said: str) -> str:
        name = f"link {said}".encode()
        return hmac.digest(self._key, name, hashlib.sha256).hex()[:_MAC]


class LinkDoor:
    """Makes a link to one answer, for whoever shows it to a person."""

    path = "/v1/feedback/links"
    method = "POST"
    operation = "feedback"
    is_open = False
    scope = SCOPE
    refuse = staticmethod(openai_form)

    def __init__(
        self, linker: Linker, *, file: Path, clock: Callable[[], float]
    ) -> None:
        """Take what answers are looked up in, the file of the traffic."""
        self._linker = linker
        self._file = file
        self._clock = clock

    async def answer(self, call: Call) -> Reply:
        """Make the link.

        Raises:
            RequestError: There is no such answer, or the key may not speak of its task.
        """
        body = read_body(call.raw)
        request, place = read_request(body), read_place(body)
        found = await asyncio.to_thread(find_logged, self._file, request, place)
        if found is None or not found.label:
            raise unknown()
        call.refuse_task(found.task)
        call.task = found.task
        url, expires = self._linker.link(request, place, now=self._clock())
        return reply_with(
            {
                "object": "feedback.link",
                "request": request,
                "place": place,
                "url": url,
                "expires_at": expires,
            }
        )
