# SPDX-License-Identifier: Apache-2.0
"""Which models are served elsewhere, and what may be sent there."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from maalem.errors import SettingsError

OPERATIONS = ("chat", "embed", "rerank", "classify")
"""What may be asked of a model that is served elsewhere."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_MODEL = re.compile(r"[!-~]{1,200}")  # it stands in a header
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)?")
_AMONG = f"among {', '.join(OPERATIONS)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A server that answers for models in OpenAI's protocol.

    Attributes:
        name: What it is called here.
        url: Where its paths begin, such as `http://127.0.0.1:8001/v1`.
        models: Its models: the name by which callers ask here, and the name there.
        operations: What it is asked: `chat`, `embed`, `rerank`, `classify`.
        key_file: File of the project that holds its key and that nobody else may read.
        key_variable: Environment variable that holds its key, instead of a file.
        leaves_house: Whether what is sent there leaves the house; left out, it does
            unless the address is this machine's own.
        connect_seconds: How long a connection may take, in (0, 60].
        silence_seconds: How long it may say nothing while it answers, in (0, 3600].
        whole_seconds: How long an answer may take, in (0, 86400].
        retries: How often what is safe to ask again is asked again, from 0 to 5.
        most_connections: Requests that are under way there at once, at least 1; more
            are refused with 429.
    """

    name: str
    url: str
    models: tuple[tuple[str, str], ...]
    operations: tuple[str, ...] = ("chat",)
    key_file: str = ""
    key_variable: str = ""
    leaves_house: bool | None = None
    connect_seconds: float = 5.0
    silence_seconds: float = 60.0
    whole_seconds: float = 600.0
    retries: int = 1
    most_connections: int = 256

    def __post_init__(self) -> None:
        _refuse_url(self.url)
        _refuse_names(self)
        checks = (
            ("models", bool(self.models), "one at least"),
            ("operations", set(self.operations) <= set(OPERATIONS), _AMONG),
            ("connect_seconds", 0.0 < self.connect_seconds <= 60.0, "in (0, 60]"),
            ("silence_seconds", 0.0 < self.silence_seconds <= 3600.0, "in (0, 3600]"),
            ("whole_seconds", 0.0 < self.whole_seconds <= 86400.0, "in (0, 86400]"),
            ("retries", 0 <= self.retries <= 5, "from 0 to 5"),
            ("most_connections", self.most_connections >= 1, "at least 1"),
            ("key_file", not (self.key_file and self.key_variable), "alone"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")

    @property
    def is_outside(self) -> bool:
        """Whether what is sent there leaves the house."""
        if self.leaves_house is not None:
            return self.leaves_house
        return not _is_this_machine(urlsplit(self.url).hostname or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstreams:
    """Which models are served elsewhere, and what may be sent out of the house.

    Attributes:
        may_leave: Tasks whose texts may be sent to an upstream outside the house.
        callers_may_send: Whether callers may ask such an upstream by its models' own
            names, and send it what they like.
        served: The upstreams.
    """

    may_leave: tuple[str, ...] = ()
    callers_may_send: bool = False
    served: tuple[Upstream, ...] = ()

    def __post_init__(self) -> None:
        names = [one.name for one in self.served]
        models = [here for one in self.served for here, _ in one.models]
        for called in (names, models):
            twice = [name for name in called if called.count(name) > 1]
            if twice:
                raise SettingsError(f"served names {twice[0]!r} twice")
        outside = [one.name for one in self.served if one.is_outside]
        if outside and not (self.may_leave or self.callers_may_send):
            raise SettingsError(
                f"served names {outside[0]!r}, outside the house: nothing may leave",
                why="what is sent there leaves the house, and no setting allows that",
                hint="name tasks under may_leave, or set callers_may_send = true; or "
                "leaves_house = false, if the machine is yours",
                code="upstreams.consent",
            )


def _refuse_names(one: Upstream) -> None:
    told = [("name", one.name, _NAME), ("key_variable", one.key_variable, _VARIABLE)]
    told += [("models", model, _MODEL) for pair in one.models for model in pair]
    for field, text, form in told:
        if not form.fullmatch(text):
            raise SettingsError(f"{field} must be a name without spaces, got {text!r}")


def _refuse_url(url: str) -> None:
    """Refuse what is no address of a server, or says more than one."""
    parts = _split(url)
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(' "\\?#')
    if parts is None or not is_plain or parts.username or parts.password:
        raise SettingsError(
            f"url must be an address such as http://127.0.0.1:8001/v1, got {url!r}",
            hint="keys stand in key_file or key_variable, never in an address",
        )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_one = is_one and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return None
    return parts if is_one else None


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
