# SPDX-License-Identifier: Apache-2.0
"""Cards, tasks and documents as the HTTP API shows them to an expert."""

from pathlib import PurePosixPath

from maalem.app.desk.answering_forms import (
    AnsweredView,
    CardView,
    ContextView,
    CriterionView,
    LabelView,
    SpanForm,
    SuggestionView,
)
from maalem.app.desk.dealing_leases import Lease
from maalem.records import Annotation, Digest, Document, Item, Passage
from maalem.store import Store
from maalem.tasks import TaskDefinition
from maalem.translation import translation_in

AROUND = 4_000
"""Code points of a document that are shown on each side of a passage."""


def card_view(store: Store, lease: Lease, language: str = "en") -> CardView:
    """Show a card; nothing on it tells its stream, nor whether it is a gold card."""
    item = store.get(Item, lease.item)
    suggested = lease.shown.suggestion
    suggestion = None
    if suggested is not None:
        label, probability = suggested
        suggestion = SuggestionView(labels=[label], probability=probability)
    return CardView(
        item=item.id,
        text=item.text,
        language=item.language,
        question=item.question,
        options=[item.options[number] for number in lease.shown.order],
        draft=item.draft,
        suggestion=suggestion,
        source=_source_of(_document_of(store, item), language),
        date=item.date,
        expires=lease.expires,
    )


def context_view(store: Store, item_id: Digest, language: str = "en") -> ContextView:
    """Show the document around an item's passage."""
    item = store.get(Item, item_id)
    passage = store.get(Passage, item.passage)
    document = store.get(Document, passage.document)
    begin = max(0, passage.start - AROUND)
    return ContextView(
        before=document.text[begin : passage.start],
        text=document.text[passage.start : passage.end],
        after=document.text[passage.end : passage.end + AROUND],
        source=_source_of(document, language) or "",
        title=PurePosixPath(document.source).name,
    )


def answered_view(
    store: Store, answer: Annotation, lease: Lease | None, *, language: str
) -> AnsweredView:
    """Show somebody an answer of theirs, on the card that they were given."""
    places = {number: place for place, number in enumerate(answer.order_shown)}
    spans = [SpanForm(start=s.start, end=s.end, quote=s.quote) for s in answer.spans]
    return AnsweredView(
        key=answer.key,
        item=answer.item,
        text=store.get(Item, answer.item).text,
        labels=_on_screen(answer),
        written=answer.text,
        spans=spans,
        ratings=dict(answer.ratings),
        ranking=[places[number] for number in answer.ranking],
        outcome=answer.outcome,
        reason=answer.reason,
        note=answer.note,
        at=answer.at,
        card=None if lease is None else card_view(store, lease, language),
    )


def label_views(task: TaskDefinition, language: str) -> list[LabelView]:
    """Show the labels of a task in a language."""
    return [
        LabelView(
            name=label.name,
            shown=label.name_in(language),
            description=label.description,
            examples=list(label.examples),
            parent=label.parent,
            critical=label.critical,
        )
        for label in task.labels
    ]


def criterion_views(task: TaskDefinition, language: str) -> list[CriterionView]:
    """Show the criteria of a task in a language."""
    return [
        CriterionView(
            name=one.name,
            shown=one.name_in(language),
            description=one.description,
            lowest=one.lowest,
            highest=one.highest,
        )
        for one in task.criteria
    ]


def _on_screen(answer: Annotation) -> list[str]:
    """Give labels as they stood on the screen: of two options, the places differ."""
    sides = ("first", "second")
    if len(answer.order_shown) != 2 or answer.labels[:1] not in [(s,) for s in sides]:
        return list(answer.labels)
    return [sides[answer.order_shown.index(sides.index(answer.labels[0]))]]


def _document_of(store: Store, item: Item) -> Document | None:
    if not store.has(Passage, item.passage):
        return None
    passage = store.get(Passage, item.passage)
    if not store.has(Document, passage.document):
        return None
    return store.get(Document, passage.document)


def _source_of(document: Document | None, language: str) -> str | None:
    if document is None:
        return None
    place = translation_in(language).plain(document.place)
    return ", ".join(part for part in (document.source, place) if part)
