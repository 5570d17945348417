# SPDX-License-Identifier: Apache-2.0
"""How each protocol writes answers; what it has no room for stands in headers."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from maalem.records import Json, LabelScores
from maalem.serving.asking import (
    Asked,
    Body,
    read_hugging_face,
    read_mistral,
    read_mistral_chat,
    read_tei,
)
from maalem.serving.opened import OpenedRelease
from maalem.serving.persons import why_a_person
from maalem.serving.refusals import Form, hugging_face_form, openai_form, tei_form


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer, held to the threshold of its release.

    Attributes:
        scores: What the model said.
        reason: Why a person must decide; empty where the model may.
    """

    scores: LabelScores
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A release that answers for its task.

    Attributes:
        opened: The release.
        is_proven: Whether its probes were repeated; otherwise it has none.
    """

    opened: OpenedRelease
    is_proven: bool

    def hold(self, text: str, scores: LabelScores) -> Given:
        """Hold an answer to the threshold that its release promises."""
        opened = self.opened
        reason = why_a_person(
            text, scores, threshold=opened.threshold, taught=opened.taught
        )
        return Given(scores=scores, reason=reason)


Writer: TypeAlias = Callable[[Asked, Served, Sequence[Given]], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One way to ask.

    Attributes:
        name: Its name in the description.
        read: Reads what is asked.
        write: Writes the answers.
        refuse: Writes a refusal.
    """

    name: str
    read: Callable[[Body], Asked]
    write: Writer
    refuse: Form


def headers_of(served: Served, given: Sequence[Given]) -> dict[str, str]:
    """Give the headers that every answer carries, whatever its protocol."""
    opened = served.opened
    threshold = "none" if opened.threshold is None else repr(opened.threshold)
    headers = {
        "x-maalem-release": opened.release.id,
        "x-maalem-model": opened.checkpoint.id,
        "x-maalem-threshold": threshold,
        "x-maalem-parity": _parity(served),
    }
    if given:
        flags = ("true" if one.reason else "false" for one in given)
        headers["x-maalem-needs-expert"] = ",".join(flags)
    return headers


def model_card(served: Served) -> dict[str, Json]:
    """Give a model as the clients of OpenAI and of Mistral both read it."""
    opened = served.opened
    base = opened.checkpoint.base or opened.checkpoint.id
    capabilities: dict[str, Json] = {
        "completion_chat": True,
        "function_calling": False,
        "completion_fim": False,
        "fine_tuning": False,
        "vision": False,
        "classification": True,
    }
    return {
        "id": opened.release.task,
        "object": "model",
        "created": _seconds(opened.made),
        "owned_by": "maalem",
        "type": "fine-tuned",
        "job": opened.release.id,
        "root": base,
        "description": opened.title,
        "capabilities": capabilities,
        "maalem": provenance_of(served),
    }


def foreign_card(name: str) -> dict[str, Json]:
    """Give a model that is served elsewhere, in the same form: little is known."""
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "elsewhere",
        "type": "base",
        "capabilities": {
            "completion_chat": True,
            "function_calling": False,
            "completion_fim": False,
            "fine_tuning": False,
            "vision": False,
            "classification": False,
        },
    }


def judged(given: Given) -> dict[str, Json]:
    """Say of an answer what it is and whether a person must decide."""
    return {
        "label": given.scores.label,
        "probability": given.scores.probability,
        "needs_expert": bool(given.reason),
        "reason": given.reason,
    }


def scores_of(answer: LabelScores) -> dict[str, Json]:
    """Give the probability of each label."""
    return dict(zip(answer.labels, answer.probabilities, strict=True))


def _mistral(asked: Asked, served: Served, given: Sequence[Given]) -> Json:
    task = served.opened.release.task
    results: list[Json] = [{task: {"scores": scores_of(one.scores)}} for one in given]
    answers: list[Json] = [judged(one) for one in given]
    return {
        "id": f"cls-{secrets.token_hex(12)}",
        "model": asked.model,
        "results": results,
        "maalem": {**provenance_of(served), "answers": answers},
    }


def _tei(asked: Asked, _served: Served, given: Sequence[Given]) -> Json:
    ranked: list[Json] = [_ranked(one.scores, None) for one in given]
    return ranked[0] if asked.is_single else ranked


def _hugging_face(asked: Asked, _served: Served, given: Sequence[Given]) -> Json:
    return [_ranked(one.scores, asked.most_labels) for one in given]


MISTRAL = Protocol(
    name="Mistral classifications",
    read=read_mistral,
    write=_mistral,
    refuse=openai_form,
)
MISTRAL_CHAT = Protocol(
    name="Mistral chat classifications",
    read=read_mistral_chat,
    write=_mistral,
    refuse=openai_form,
)
TEI = Protocol(
    name="text-embeddings-inference predict",
    read=read_tei,
    write=_tei,
    refuse=tei_form,
)
HUGGING_FACE = Protocol(
    name="Hugging Face text classification",
    read=read_hugging_face,
    write=_hugging_face,
    refuse=hugging_face_form,
)
PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "/v1/classifications": MISTRAL,
        "/v1/chat/classifications": MISTRAL_CHAT,
        "/predict": TEI,
        "/models/{task}/predict": TEI,
        "/models/{task}": HUGGING_FACE,
    }
)
"""Every path that a model answers at, with its protocol."""


def provenance_of(served: Served) -> dict[str, Json]:
    """Say of an answer who gave it and what it was held to."""
    opened = served.opened
    return {
        "release": opened.release.id,
        "number": opened.release.number,
        "model": opened.checkpoint.id,
        "threshold": opened.threshold,
        "parity": _parity(served),
    }


def _parity(served: Served) -> str:
    return "proven" if served.is_proven else "unproven"


def _ranked(answer: LabelScores, most: int | None) -> list[Json]:
    pairs = sorted(
        zip(answer.labels, answer.probabilities, strict=True), key=lambda pair: -pair[1]
    )
    return [{"label": label, "score": score} for label, score in pairs[:most]]


def _seconds(moment: str) -> int:
    """Give a time as seconds since 1970; 0 where it is not known."""
    return int(datetime.fromisoformat(moment).timestamp()) if moment else 0
