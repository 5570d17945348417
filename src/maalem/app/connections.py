# SPDX-License-Identifier: Apache-2.0
"""What an owner does about webhooks from the command line, while the desk is closed."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from maalem.app.desk import webhooks
from maalem.app.workspace import Workspace, now


def add_webhook(
    work: Workspace, url: str, *, events: Iterable[str], may_be_private: bool
) -> dict[str, str]:
    """Add a webhook.

    Args:
        work: The opened project.
        url: Where notices go.
        events: What it is told of.
        may_be_private: Whether the address may be none of the public internet.

    Returns:
        Its id, and the secret that the receiver needs, which is shown nowhere else.

    Raises:
        RefusedError: The address or an event cannot be.
    """
    made = webhooks.create(
        work.store,
        url,
        events=events,
        may_be_private=may_be_private,
        now=now().timestamp(),
        by=work.project.project.owner,
    )
    return {"id": made.id, "secret": made.secret}


def every_webhook(work: Workspace) -> list[dict[str, str]]:
    """Give every webhook's row for a table, without secret and query."""
    return [
        {
            "id": one.id,
            "url": urlsplit(one.url)._replace(query="").geturl(),
            "events": " ".join(sorted(one.events)),
            "private": "allowed" if one.may_be_private else "refused",
        }
        for one in webhooks.everyone(work.store)
    ]


def remove_webhook(work: Workspace, name: str) -> None:
    """Tell an address nothing any more.

    Raises:
        RefusedError: There is no such webhook.
    """
    webhooks.remove(work.store, name, by=work.project.project.owner)
