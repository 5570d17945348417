# SPDX-License-Identifier: Apache-2.0
"""The keys that each person chose for the cards, kept apart from the standard ones."""

from collections.abc import Mapping

from maalem.app.desk.key_map import DEEDS, choose_keys
from maalem.store import Store
from maalem.store.tables import Tables


def keys_of(store: Store, person: str) -> Mapping[str, str]:
    """Give the key of each deed, empty for none, as somebody chose them.

    What is no key any more, or stands for two deeds by now, gives the standard keys.
    """

    def deed(tables: Tables) -> dict[str, str]:
        query = "SELECT deed, key FROM person_key WHERE person = ?"
        return dict(tables.execute(query, (person,)).fetchall())

    chosen = choose_keys(store.look(deed))
    return DEEDS if chosen.faults else chosen.keys


def set_keys(store: Store, person: str, keys: Mapping[str, str]) -> None:
    """Remember the keys that somebody chose, and forget those of before.

    Args:
        store: The project's records.
        person: Pseudonym.
        keys: What `choose_keys` gave without a fault.
    """
    own = {deed: key for deed, key in keys.items() if key != DEEDS[deed]}

    def change(tables: Tables) -> None:
        tables.execute("DELETE FROM person_key WHERE person = ?", (person,))
        for deed, key in own.items():
            tables.execute(
                "INSERT INTO person_key VALUES (?, ?, ?)", (person, deed, key)
            )

    store.change(change)
