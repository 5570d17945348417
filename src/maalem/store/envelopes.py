# SPDX-License-Identifier: Apache-2.0
"""How texts lie in the tables: encrypted under the key of the document they are of.

The ledger's leaves are over what lies there, so that they tell nothing of a text to
whoever lacks its key, and hold when the key is gone.

Source:
    NIST SP 800-38D (2007), "Galois/Counter Mode": 8.2.2, random nonces of 96 bits; 8.3,
    fewer than 2^32 of them for one key. A document has some hundreds.
"""

import binascii
import secrets
from collections.abc import Collection, Iterator, Sequence
from io import BytesIO

from cryptography.exceptions import InvalidTag

from maalem.errors import IntegrityError
from maalem.records import Document, Item, Passage
from maalem.store.erased import refuse_erased
from maalem.store.merkle import leaf_hash
from maalem.store.rows import Row, record_head
from maalem.store.subject_keys import SubjectKeys
from maalem.store.tables import Cells, Tables

_FORM = b"~1:"  # what a body begins with that is AES-256-GCM in base64
_NONCE = 12  # bytes
_PIECE = 500  # SQLite takes 999 parameters and more
_LIVE = "FROM record WHERE kind = ? AND key IS NOT NULL AND body <> ''"
_KEYS_IN_USE = (
    (f"SELECT id, key {_LIVE} AND id IN {{}}", Document.kind),
    (f"SELECT topic, max(key) {_LIVE} AND topic IN {{}} GROUP BY topic", Passage.kind),
)


class Envelopes:
    """Encrypts bodies of rows, and decrypts them."""

    def __init__(self, keys: SubjectKeys) -> None:
        self._keys = keys

    def close(self, database: Tables, rows: Sequence[Row]) -> list[Row]:
        """Encrypt the bodies that are texts of a document, in the open transaction.

        New keys are on the disk when this returns, and so before the rows are.

        Raises:
            DataError: The document, or the passage of an item, was erased.
        """
        texts = [row for row in rows if row.about]
        if not texts:  # an answer, say
            return list(rows)
        documents = _documents(database, texts)
        numbers = self._numbers(database, list(dict.fromkeys(documents.values())))
        chance = BytesIO(secrets.token_bytes(_NONCE * len(rows)))
        return [
            self._closed(row, numbers[documents[row.about]], chance.read(_NONCE))
            if row.about
            else row
            for row in rows
        ]

    def open(self, head: bytes, body: bytes, key: int) -> bytes:
        """Decrypt the body of a row.

        Args:
            head: Kind, id and topic of the row, as `record_head` writes them.
            body: What lies there.
            key: Number of its key.

        Raises:
            IntegrityError: It was encrypted otherwise, or for another row.
            LostKeyError: The key is gone.
        """
        cipher = self._keys.cipher(key)
        try:
            sealed = binascii.a2b_base64(body[len(_FORM) :])
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], head)
        except (InvalidTag, ValueError) as error:
            raise IntegrityError(
                f"a text of {len(body)} bytes cannot be decrypted",
                why="it was encrypted under another key, or for another record",
                hint="restore keys/subject.keys from the backup of your keys",
                code="store.text-keys",
            ) from error

    def _closed(self, row: Row, key: int, nonce: bytes) -> Row:
        kind, name, topic = row.kind, row.id, row.topic
        head = record_head((kind.encode(), name.encode(), topic.encode()))
        sealed = self._keys.cipher(key).encrypt(nonce, row.body.encode(), head)
        body = _FORM + binascii.b2a_base64(nonce + sealed, newline=False)
        return Row(kind, name, topic, body.decode("ascii"), leaf_hash(head + body), key)

    def _numbers(self, database: Tables, documents: Collection[str]) -> dict[str, int]:
        """Give the number of each document's key; a document without one gets it."""
        refuse_erased(database, Document.kind, documents)
        found: dict[str, int] = {}
        lacking = list(documents)
        for asked in _KEYS_IN_USE:
            found |= dict(_rows_of(database, asked, lacking))
            lacking = [name for name in lacking if name not in found]
        if lacking:
            found |= zip(lacking, self._keys.make(len(lacking)), strict=True)
        return found


def _documents(database: Tables, rows: Sequence[Row]) -> dict[str, str]:
    """Give the document of everything that rows are about.

    An item is about a passage; one that was made of no passage in the store stands for
    its own document.
    """
    found = {row.about: row.about for row in rows if row.kind != Item.kind}
    passages = {row.about for row in rows if row.kind == Item.kind}
    refuse_erased(database, Passage.kind, passages)
    found |= {name: name for name in passages}
    asked = ("SELECT id, topic FROM record WHERE kind = ? AND id IN {}", Passage.kind)
    found |= dict(_rows_of(database, asked, passages))
    found |= {
        row.id: row.about
        for row in rows
        if row.kind == Passage.kind and row.id in passages
    }
    return found


def _rows_of(
    database: Tables, asked: tuple[str, str], names: Collection[str]
) -> Iterator[Cells]:
    query, kind = asked
    waiting = list(names)
    for start in range(0, len(waiting), _PIECE):
        some = waiting[start : start + _PIECE]
        marks = f"({','.join('?' * len(some))})"
        yield from database.execute(query.format(marks), (kind, *some))
