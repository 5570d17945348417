# SPDX-License-Identifier: Apache-2.0
"""What a project's gateway keeps of its traffic, counts, traces and enters."""

import importlib
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from maalem.app.gateway.clerk import may_write
from maalem.app.gateway.traffic_days import close_days
from maalem.app.steps.in_force import release_name
from maalem.app.steps.pseudonyms import find_pseudonyms_of
from maalem.app.workspace import Workspace
from maalem.corpus.cleaning import clean
from maalem.corpus.pseudonyms import KEY_BYTES, Pseudonyms
from maalem.errors import MissingPartError, SettingsError, boundary
from maalem.records import Release
from maalem.serving.application import Gateway
from maalem.serving.traffic.counting import Named
from maalem.serving.traffic.log import Chore, RequestLog
from maalem.serving.traffic.metrics import MetricsDoor
from maalem.serving.traffic.rows import Redact, Rows
from maalem.serving.traffic.sweeping import Swept, sweep
from maalem.serving.traffic.tables import FILE

if TYPE_CHECKING:
    from maalem.serving.traffic.spans import Spans

logger = logging.getLogger(__name__)

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def keep_traffic(gateway: Gateway, work: Workspace, clock: Callable[[], float]) -> None:
    """Log, count and trace what the gateway answers, as `[traffic]` says.

    Raises:
        IntegrityError: The traffic file is damaged, or the key of pseudonyms is lost.
        MissingPartError: The extra `otel` is not installed, and is needed.
        SettingsError: `/metrics` may not be open where the gateway listens.
    """
    settings = work.project.traffic
    _refuse_open_metrics(work)
    spans = _spans_of(work)
    rows = Rows(settings, redact=_redact_of(work), named=_names_of(gateway, work))
    log = RequestLog(
        work.folder / FILE,
        rows,
        clock=clock,
        followers=(spans.tell,) if spans else (),
        chores=(_sweeping(work), *((close_days(work),) if may_write(work) else ())),
    )
    gateway.listeners.append(log.note)
    if settings.must_log:
        gateway.gates.append(log.refuse_unkept)
    gauges = {
        "maalem_waiting_texts": (
            "Texts that wait for an answer in this process.",
            lambda: gateway.batcher.waiting,
        ),
        "maalem_log_waiting": (
            "Requests that wait to be logged in this process.",
            lambda: log.waiting,
        ),
        "maalem_log_failing": (
            "1 where this process cannot write the request log.",
            lambda: int(log.is_failing),
        ),
    }
    gateway.doors.add(
        MetricsDoor(file=log.path, gauges=gauges, is_open=settings.open_metrics)
    )
    if spans:
        gateway.when_closed(spans.close)
    gateway.when_closed(log.close)


def _redact_of(work: Workspace) -> Redact:
    """Give what spares a text, as adding it to the corpus would.

    Where the project keeps no key of pseudonyms, one is made that nobody keeps: a value
    has one name until the gateway closes.
    """
    kept = find_pseudonyms_of(work, keep=False)
    pseudonyms = kept or Pseudonyms(secrets.token_bytes(KEY_BYTES))
    return lambda text: pseudonyms.replace(clean(text)[0])[0]


def _names_of(gateway: Gateway, work: Workspace) -> Named:
    known: dict[str, str] = {
        one.id: release_name(one) for one in work.store.find(Release)
    }

    def named(release: str) -> str:
        for served in gateway.models.served.values():
            if served.opened.release.id == release:
                return served.opened.name
        return known.get(release, "unknown")

    return named


def _sweeping(work: Workspace) -> Chore:
    def chore(now: float) -> Iterator[None]:
        path, settings = work.folder / FILE, work.project.traffic
        swept = Swept()
        yield from sweep(path, settings, now=now, into=swept)
        if swept.waiting:
            logger.warning("%s answers were taken home by nobody", swept.waiting)

    return chore


def _spans_of(work: Workspace) -> "Spans | None":
    address = work.project.traffic.otlp
    if not address:
        return None
    hint = "pip install 'maalem[otel]'"
    with boundary(MissingPartError, "load OpenTelemetry", hint=hint):
        module = importlib.import_module("maalem.serving.traffic.spans")
    made: Spans = module.spans_for(address, name=work.project.project.name)
    return made


def _refuse_open_metrics(work: Workspace) -> None:
    desk = work.project.desk
    is_alone = desk.address in _LOOPBACK and not desk.is_secure
    if work.project.traffic.open_metrics and not is_alone:
        raise SettingsError(
            f"/metrics cannot be open at {desk.address}",
            why="others than this machine could read it, through a proxy too",
            hint="take open_metrics out of [traffic], and let the scrape send a key",
            code="traffic.open-metrics",
        )
