# SPDX-License-Identifier: Apache-2.0
"""A gateway follows the ledger: what is decided about a route answers within a second.

Releases are loaded and proved in a thread beside the callers. The champion before stays
loaded, so that a rollback only puts another name on the door.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from maalem.app.gateway.clerk import judging, may_write
from maalem.app.gateway.loading import load, refuse_task
from maalem.app.gateway.rounds import Rounds
from maalem.app.steps.in_force import Way, release_name, ways
from maalem.app.steps.retraining import restricted
from maalem.app.workspace import Workspace
from maalem.errors import EngineError, MaalemError, boundary
from maalem.records import Digest, Release
from maalem.serving.answering import Served
from maalem.serving.application import Gateway
from maalem.serving.occurrences import Occurrence
from maalem.serving.routes.shadowing import Shadows
from maalem.serving.routes.splitting import Split
from maalem.serving.served import Canary
from maalem.store.tables import Tables

LOOKS = 0.1
"""Seconds between two looks at the ledger."""
_TELLING = ("route.change", "release.sign", "forget.decide")  # what changes who answers
_NEWS = "SELECT MAX(seq) FROM entry WHERE action IN (?, ?, ?)"


def follow_routes(
    gateway: Gateway, work: Workspace, clock: Callable[[], float]
) -> None:
    """Let a gateway follow what is decided about its routes, until it closes."""

    def tell(told: Occurrence) -> None:
        for listener in gateway.listeners:
            listener(told)

    shadows = Shadows(gateway.batcher, tell, clock=clock)
    gateway.listeners.append(shadows.hear)
    follower = Follower(gateway, work, shadows)
    gateway.when_closed(follower.close)
    rounds = Rounds(follower.look, every=LOOKS, name="follow the routes")
    gateway.when_closed(rounds.close)
    if not may_write(work):  # else whoever opened the project minds its routes
        gateway.when_closed(judging(work).close)


class Follower:
    """Keeps a gateway's models to what the ledger says last."""

    def __init__(self, gateway: Gateway, work: Workspace, shadows: Shadows) -> None:
        self._gateway = gateway
        self._work = work
        self._shadows = shadows
        served = gateway.models.served.values()
        self._loaded: dict[Digest, Served] = {
            one.opened.release.id: one for one in served
        }
        self._refused = {
            one.id
            for one in work.store.find(Release)
            if release_name(one) in gateway.models.refused
        }
        self._under_way: set[Digest] = set()
        self._arrived: deque[tuple[Digest, Served | None]] = deque()
        self._last = work.store.look(_newest_news)
        self._is_first = True
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="loads-releases")

    def close(self) -> None:
        """Load nothing more; what is being loaded is waited for."""
        self._loader.shutdown(cancel_futures=True)

    def look(self) -> None:
        """Do what the ledger says, if it says anything new."""
        last = self._work.store.look(_newest_news)
        if last != self._last:
            self._refused.clear()  # what was put right may be tried again
        elif not self._arrived and not self._is_first:
            return
        while self._arrived:
            name, served = self._arrived.popleft()
            self._under_way.discard(name)
            if served is not None:
                self._loaded[name] = served
        found = ways(self._work)
        self._answer(found)
        self._load_missing(found)
        self._last, self._is_first = last, False

    def _answer(self, found: Mapping[str, Way]) -> None:
        """Let those answer that shall and are loaded, from the next call on."""
        served: dict[str, Served] = {}
        for task, way in found.items():
            champion = self._champion(task, way)
            if champion is not None:
                served[task] = champion
            elif not way.champions:
                refuse_task(self._gateway, self._work, task)
        canaries = {task: self._canary(found[task]) for task in served}
        kept = {task: one for task, one in canaries.items() if one is not None}
        self._gateway.models.route(served, kept)
        self._shadows.asked = {
            task: tuple(self._ready(found[task].shadows)) for task in served
        }

    def _champion(self, task: str, way: Way) -> Served | None:
        """Give what shall answer for a task, or what does until that is loaded."""
        for release in way.champions:
            if release.id in self._loaded:
                return self._loaded[release.id]
            now = self._gateway.models.served.get(task)
            if release.id not in self._refused and now is not None:
                withdrawn = restricted(self._work)
                return now if now.opened.checkpoint.id not in withdrawn else None
        return None

    def _canary(self, way: Way) -> Canary | None:
        route, release = way.route, way.canary
        served = self._loaded.get(release.id) if release else None
        if route is None or served is None:
            return None
        split = Split(
            task=route.task, salt=route.salt, share=route.share, split=route.split
        )
        return Canary(served=served, takes=split.takes)

    def _ready(self, releases: tuple[Release, ...]) -> Iterator[Served]:
        for release in releases:
            if release.id in self._loaded:
                yield self._loaded[release.id]

    def _load_missing(self, found: Mapping[str, Way]) -> None:
        """Have loaded what is not, and drop what nobody needs any more."""
        wanted = {one.id: one for way in found.values() for one in self._needed(way)}
        answers = {
            one.opened.release.id for one in self._gateway.models.served.values()
        }
        kept = answers | set(wanted)
        self._loaded = {name: one for name, one in self._loaded.items() if name in kept}
        known = self._loaded.keys() | self._refused | self._under_way
        for name, release in wanted.items():
            if name not in known:
                self._under_way.add(name)
                self._loader.submit(self._load, release)

    def _needed(self, way: Way) -> Iterator[Release]:
        """Give what must be loaded: the first champion that is not refused first."""
        yield from [one for one in way.champions if one.id not in self._refused][:1]
        yield from way.releases[bool(way.champions) :]

    def _load(self, release: Release) -> None:
        """Load a release; where too many callers wait, the next look tries again."""
        served = None
        try:
            with boundary(EngineError, f"load {release_name(release)}"):
                served = load(self._gateway, self._work, release)
        except MaalemError as reason:
            if reason.code != "gateway.full":
                self._refused.add(release.id)
                self._gateway.models.refuse(release_name(release), reason)
        self._arrived.append((release.id, served))


def _newest_news(tables: Tables) -> int:
    """Give the number of the last entry that may change who answers; -1 if none."""
    row = tables.execute(_NEWS, _TELLING).fetchone()
    return -1 if row is None or row[0] is None else int(row[0])
