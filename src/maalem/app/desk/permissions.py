# SPDX-License-Identifier: Apache-2.0
"""Which role may do what: a route names one permission, a role holds several."""

from collections.abc import Mapping
from types import MappingProxyType

from maalem.serving import SCOPE
from maalem.serving.corrections.settings import SCOPE as FEEDBACK

OPEN = "open"
"""The permission of a route that anybody may call, signed in or not."""

KNOWN = "known"
"""The permission of a route for whoever has signed in, or sends a key that opens."""

ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "owner": frozenset(
            {
                *("sign", "answer", "adjudicate", "read", "curate", "train"),
                *("release", "route", "people", "audit"),
            }
        ),
        "curator": frozenset({"sign", "answer", "adjudicate", "read", "curate"}),
        "expert": frozenset({"sign", "answer"}),
        "trainer": frozenset({"sign", "read", "train"}),
        "releaser": frozenset({"sign", "read", "release"}),
        "auditor": frozenset({"sign", "read", "audit"}),
        "service": frozenset({"answer", "read", SCOPE, FEEDBACK}),
    }
)
"""Every role with its permissions.

`sign`: has pages and settings of its own; `answer`: cards; `adjudicate`: disagreements;
`read`: corpus, datasets, runs, releases, team, traffic; `curate`: tasks, guidelines,
documents, gold cards; `train`: freeze and train; `release`; `route`: which release
answers; `people`: invite, roles, keys, holds; `audit`: ledger and sign-in history;
`predict`: ask the gateway; `feedback`: say what is right of its answers. `service` is
for API keys, whose scopes name permissions of it.
"""


def may(role: str, permission: str) -> bool:
    """Tell whether a role holds a permission; an unknown role holds none."""
    is_held = permission in ROLES.get(role, frozenset())
    return is_held or permission == OPEN or (permission == KNOWN and role in ROLES)
