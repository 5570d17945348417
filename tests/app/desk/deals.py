# SPDX-License-Identifier: Apache-2.0
"""Dealers of small projects, and experts that take cards and answer them."""

import dataclasses
from itertools import count
from uuid import UUID

from tests.app.desk.builders import Clock

from maalem.app.desk.answering import Sent
from maalem.app.desk.answering_receipt import Caller, receive, take_back
from maalem.app.desk.dealing_registry import Dealers
from maalem.records import (
    Adjudication,
    Digest,
    GoldCard,
    Hold,
    Item,
    TaskVersion,
    digest_of,
)

TASK = "system"
LABELS = ("Engine", "Hydraulics", "Electrical")


def set_asking(work, **asking):
    """Say in the task's file how it is asked."""
    path = work.folder / "tasks" / f"{TASK}.toml"
    lines = "\n".join(f"{key} = {value}" for key, value in asking.items())
    path.write_text(f"{path.read_text('utf-8')}\n[asking]\n{lines}\n", "utf-8")


def nobody_learns(task, board, drawn):
    return None


class Sure:
    """A gear that is sure of everything, and would ask about everything."""

    def __init__(self, board):
        self.items = tuple(board.cases)
        self.heard = []

    def hear(self, item, _board):
        self.heard.append(item)

    def chosen(self):
        return self.items

    def suggestion(self, _item):
        return "Engine", 0.9

    def curve(self):
        return ()

    def close(self):
        pass


def a_sure_one(task, board, drawn):
    return Sure(board)


class Room:
    """The dealers of a project, and what experts do there."""

    def __init__(self, work, *, teach=nobody_learns, clock=None):
        self.work = work
        self.clock = clock or Clock()
        self.teach = teach
        self.dealers = Dealers(work, clock=self.clock, teach=teach)
        self.keys = count(1)

    @property
    def dealer(self):
        return self.dealers.of(TASK)

    @property
    def board(self):
        return self.dealer.deck.board

    def again(self):
        """Give the room as it is after a restart."""
        room = Room(self.work, teach=self.teach, clock=self.clock)
        room.keys = self.keys
        return room

    def key(self):
        return str(UUID(int=next(self.keys)))

    def caller(self, who):
        return Caller(id=who, now=self.clock())

    def claim(self, who, most=1, **asked):
        return self.dealer.claim(who, most=most, now=self.clock(), **asked)

    def items(self, who, most=1, **asked):
        return [lease.item for lease in self.claim(who, most, **asked).cards]

    def left(self, who):
        return self.dealer.left(who, now=self.clock())

    def answer(self, who, item, label="Engine", **sent):
        key = sent.pop("key", None) or self.key()
        labels = None if sent.get("outcome") else (label,)
        answer = Sent(key=key, **{"labels": labels, "seconds": 4.0, **sent})
        store = self.work.store
        receive(store, self.dealers, answer, to=(TASK, item), of=self.caller(who))
        return key

    def withdraw(self, who, key):
        store, caller = self.work.store, self.caller(who)
        return take_back(
            store, self.dealers, self.key(), of_key=key, task=TASK, of=caller
        )

    def answer_all(self, who, label="Engine"):
        """Answer one card after the other until there is none."""
        answered = []
        while found := self.items(who):
            answered += found
            self.answer(who, found[0], label)
        return answered

    def split(self, item):
        return self.board.cases[item].split

    def say(self, record):
        """Write a judgement down, and let the dealers hear of it."""
        entry = self.work.store.append("test", [record])
        self.dealers.hear([record], index=entry.index)
        return record

    def hold(self, who, *, lifted=False):
        hold = Hold(
            id=Digest(""),
            task=TASK,
            annotator=who,
            is_lifted=lifted,
            reason="4 of 12 gold cards right",
            evidence=(),
            by="vigilance",
            at="2026-11-25T10:00:00+00:00",
        )
        named = digest_of([who, lifted, next(self.keys)])
        return self.say(dataclasses.replace(hold, id=named))

    def gold(self, item, label="Engine", *, by="curator:1", number=1):
        return self.say(
            GoldCard(
                id=digest_of(["gold", item, number]),
                task=TASK,
                item=item,
                labels=(label,) if label else (),
                by=by,
                at="2026-11-25T10:00:00+00:00",
                number=number,
            )
        )

    def adjudicate(self, item, label="Engine", *, by="curator:1", **said):
        return self.say(
            Adjudication(
                id=digest_of(["adjudication", item, next(self.keys)]),
                item=item,
                task=TASK,
                adjudicator=by,
                labels=(label,) if label else (),
                reason="the guideline says so",
                considered=(),
                at="2026-11-25T10:00:00+00:00",
                guideline=said.pop("guideline", self.dealer.deck.task.version),
                **said,
            )
        )

    def new_guideline(self, words, *, ask_again=()):
        """Change the guideline as the editor does."""
        path = self.work.folder / "tasks" / f"{TASK}.toml"
        text = path.read_text("utf-8").replace("**repaired**", words)
        path.write_text(text, "utf-8")
        task = self.work.task(TASK)
        number = self.board.versions.highest + 1
        version = TaskVersion(
            id=task.version,
            task=TASK,
            number=number,
            toml=text,
            by="curator:1",
            at="2026-11-25T10:00:00+00:00",
            ask_again=ask_again,
        )
        self.work.store.append("task.version", [version])
        self.dealers.forget(TASK)

    def language(self, item):
        return self.work.store.get(Item, item).language
