# SPDX-License-Identifier: Apache-2.0
"""The tables that may change: who people are, what passes. No ledger vouches for them.

A person stands in records and in the ledger as a pseudonym only; what a name is stands
here, where it can be erased. Times are seconds since 1970 in UTC, given by the caller.
"""

PASSING_TABLES = (
    # `secret` is an Argon2id hash; none for those who sign in elsewhere.
    """CREATE TABLE person (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        email TEXT,
        language TEXT NOT NULL,
        role TEXT NOT NULL,
        secret TEXT,
        is_active INTEGER NOT NULL,
        created REAL NOT NULL
    )""",
    "CREATE UNIQUE INDEX person_by_email ON person (email)",
    # Whom an identity provider means.
    """CREATE TABLE identity (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        person TEXT NOT NULL,
        PRIMARY KEY (issuer, subject)
    )""",
    # Of tokens only the SHA-256 is kept, in hexadecimal.
    """CREATE TABLE session (
        token TEXT PRIMARY KEY,
        person TEXT NOT NULL,
        csrf TEXT NOT NULL,
        created REAL NOT NULL,
        seen REAL NOT NULL
    )""",
    "CREATE INDEX session_by_person ON session (person)",
    # `name` says whom it is for; `person` is somebody who may choose a new password.
    """CREATE TABLE invitation (
        token TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        person TEXT,
        role TEXT NOT NULL,
        language TEXT NOT NULL,
        invited_by TEXT NOT NULL,
        created REAL NOT NULL,
        expires REAL NOT NULL,
        used REAL
    )""",
    """CREATE TABLE api_key (
        id TEXT PRIMARY KEY,
        token TEXT NOT NULL,
        name TEXT NOT NULL,
        scopes TEXT NOT NULL,
        created REAL NOT NULL,
        expires REAL NOT NULL,
        last_used REAL,
        revoked REAL
    )""",
    # A card that was given to somebody, kept after it expired: an answer to a card
    # that nobody was given is refused.
    """CREATE TABLE lease (
        task TEXT NOT NULL,
        item TEXT NOT NULL,
        holder TEXT NOT NULL,
        taken REAL NOT NULL,
        expires REAL NOT NULL,
        shown TEXT NOT NULL,
        PRIMARY KEY (task, item, holder)
    )""",
    "CREATE INDEX lease_by_holder ON lease (task, holder)",
    "CREATE INDEX lease_by_expiry ON lease (task, expires)",
    # Which version of a guideline somebody has read.
    """CREATE TABLE guideline_read (
        person TEXT NOT NULL,
        task TEXT NOT NULL,
        version TEXT NOT NULL,
        read_at REAL NOT NULL,
        PRIMARY KEY (person, task, version)
    )""",
    """CREATE TABLE webhook (
        id TEXT PRIMARY KEY,
        url TEXT NOT NULL,
        secret TEXT NOT NULL,
        events TEXT NOT NULL,
        created REAL NOT NULL
    )""",
)
WEBHOOKS_ALLOWED = (
    "ALTER TABLE webhook ADD COLUMN may_be_private INTEGER NOT NULL DEFAULT 0",
)
"""Whether an owner allows a webhook an address that is not public."""
READING = ("ALTER TABLE person ADD COLUMN reads TEXT NOT NULL DEFAULT ''",)
"""Languages of the passages that somebody is given; empty for all."""
KEYS_CHOSEN = (
    """CREATE TABLE person_key (
        person TEXT NOT NULL,
        deed TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (person, deed)
    )""",
)
"""Which key does what for a person on the cards, where it is not the standard one."""
KEYS_LIMITED = (
    "ALTER TABLE api_key ADD COLUMN tasks TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE api_key ADD COLUMN requests_per_minute INTEGER",
    "ALTER TABLE api_key ADD COLUMN texts_per_minute INTEGER",
    "ALTER TABLE api_key ADD COLUMN texts_per_month INTEGER",
    "ALTER TABLE api_key ADD COLUMN tokens_per_month INTEGER",
)
"""Tasks that a key may ask for, as a list in JSON, empty for all; and how much: where
nothing is said, what the settings say, and 0 for no limit."""
