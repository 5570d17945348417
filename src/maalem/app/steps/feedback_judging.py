# SPDX-License-Identifier: Apache-2.0
"""What callers say of answers is judged before it is kept, by whoever hears it."""

import hmac
from collections.abc import Sequence

from maalem.app.workspace import Workspace
from maalem.errors import SettingsError
from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, Digest, digest_of
from maalem.serving.corrections.book import Book
from maalem.serving.corrections.feedback import Allow, Filed, Said, unknown
from maalem.serving.corrections.logged import Logged, find_logged
from maalem.serving.corrections.reading import find_taken
from maalem.serving.corrections.spool import Spool
from maalem.serving.refusals import RequestError, refused_field
from maalem.tasks import TaskDefinition

_MOST_NAMED = 20  # labels that a refusal names


def anybody(_task: str) -> None:
    """Let whoever speaks speak of any task."""


class FeedbackReader:
    """Takes feedback where the project may only be read; it is kept a little later."""

    def __init__(self, work: Workspace, book: Book, *, spool: Spool) -> None:
        self._work = work
        self._book = book
        self._spool = spool

    def __call__(self, said: Said, allow: Allow = anybody) -> Filed:
        """Leave what is said for whoever writes the project; refuse it as they would.

        Raises:
            RequestError: As for `FeedbackFiler`, but for a key that stands for
                something else: that shows when it is kept.
        """
        logged, label = judged(self._work, self._book, said, allow=allow)
        before = find_taken(self._book.path, said.request, said.place)
        is_asked = before is not None and before.item is not None
        if not is_asked and said.input is None and logged.text is None:
            raise text_lacking()
        self._spool.say(said)
        name = annotation_id(
            logged.task, annotator_of(self._work, said), key=key_of(said, label)
        )
        return Filed(
            id=name, task=logged.task, label=label, status="queued",
            agrees=label == logged.label,
        )  # fmt: skip


def judged(
    work: Workspace, book: Book, said: Said, *, allow: Allow
) -> tuple[Logged, str]:
    """Find the answer that feedback is about, and the label that it says is right.

    The label is empty where it says only that the answer was wrong.

    Raises:
        RequestError: There is no such answer, who speaks may not speak of its task, its
            text is another, or the label is none of the task's.
    """
    logged = _logged(book, said)
    allow(logged.task)
    label = logged.label if said.label is None else said.label
    if label not in ("", *_task(work, logged).label_names):
        raise refused_field("label", _named(_task(work, logged).label_names))
    return logged, label


def _named(labels: Sequence[str]) -> str:
    """Name the labels that may be given, if they are not too many."""
    few = len(labels) <= _MOST_NAMED
    return f"one of {', '.join(labels)}" if few else "a label of the task"


def annotator_of(work: Workspace, said: Said) -> str:
    """Name who speaks by the key, and by a pseudonym of the name that came."""
    if not said.by:
        return f"feedback:{said.caller}"
    secret = work.store.signing_key.sign(b"names of feedback")
    mark = hmac.digest(secret, said.by.encode(), "sha256").hex()[:12]
    return f"feedback:{said.caller}.{mark}"


def key_of(said: Said, label: str) -> str:
    """Give the key under which feedback is kept once: its own, or what it says."""
    if said.key:
        return f"feedback {said.key}"
    return digest_of({"feedback": [said.request, said.place, label]})


def annotation_id(task: str, annotator: str, *, key: str) -> Digest:
    """Name the annotation that feedback becomes, before it is one."""
    bare = Annotation(
        id=UNNAMED, item=UNNAMED, task=task, annotator=annotator, labels=(), key=key
    )
    return named(bare).id


def text_lacking() -> RequestError:
    """Make the refusal of feedback on an answer whose text was kept nowhere."""
    return RequestError(
        "the text of this answer was not kept",
        hint="send it as input",
        code="gateway.feedback-input",
    )


def _logged(book: Book, said: Said) -> Logged:
    found = find_logged(book.path, said.request, said.place)
    if found is None or not found.label:
        raise unknown()
    if said.input is not None and not found.is_about(said.input):
        raise refused_field("input", "the text that was answered")
    return found


def _task(work: Workspace, logged: Logged) -> TaskDefinition:
    try:
        return work.task(logged.task)
    except SettingsError as error:
        raise RequestError(
            "the task of this answer is gone",
            status=404,
            code="gateway.feedback-unknown",
        ) from error
