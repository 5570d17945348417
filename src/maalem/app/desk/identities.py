# SPDX-License-Identifier: Apache-2.0
"""Whom an identity provider means: its own names for people, beside ours."""

from dataclasses import dataclass, field

from maalem.app.desk import people
from maalem.app.desk.people import Member, Newcomer
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.tokens import new_token
from maalem.errors import MaalemError
from maalem.store import Store
from maalem.store.tables import Tables


class ProviderError(MaalemError):
    """The identity provider did not answer, or its answer proves nobody."""

    default_code = "desk.sso"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a browser takes along to the provider, and must bring back.

    Attributes:
        state: Says that the answer belongs to this browser.
        nonce: Says that the ID token was made for this errand.
        verifier: Secret whose hash the provider was shown.
    """

    state: str = field(default_factory=new_token)
    nonce: str = field(default_factory=new_token)
    verifier: str = field(default_factory=new_token)

    @property
    def text(self) -> str:
        """The errand as a cookie holds it."""
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @classmethod
    def read(cls, text: str) -> "Errand":
        """Read an errand from a cookie.

        Raises:
            ProviderError: It is none.
        """
        parts = text.split(".")
        if len(parts) != 3 or not all(parts):
            raise ProviderError(
                "this browser was not sent to the identity provider",
                hint="sign in again",
            )
        return cls(state=parts[0], nonce=parts[1], verifier=parts[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whom the provider vouches for.

    Attributes:
        issuer: The provider.
        subject: Its name for them, which it never gives to somebody else.
        email: Their e-mail address, if the provider says that it is verified.
        name: What people call them; empty if the provider does not say.
    """

    issuer: str
    subject: str
    email: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How somebody is let in whom only the provider knows.

    Attributes:
        role: The role they get; `none` lets nobody in.
        language: Language of their pages.
        now: Seconds since 1970.
    """

    role: str
    language: str
    now: float


def member_for(store: Store, vouched: Vouched, admission: Admission) -> Member:
    """Give the person that the provider means; they are known by its name from now on.

    Args:
        store: The project's store.
        vouched: Whom the provider vouches for.
        admission: What happens to newcomers.

    Raises:
        RefusedError: The project does not know them, or has closed its door to them.
    """
    known = _find(store, vouched)
    member = people.find(store, known) if known else None
    if member is None and vouched.email:
        member = people.find_by_email(store, vouched.email)
    if member is None and admission.role != "none":
        newcomer = Newcomer(
            name=vouched.name or vouched.email or "?",
            email=vouched.email,
            language=admission.language,
            role=admission.role,
        )
        member = people.create(store, newcomer, now=admission.now, by="sso")
    if member is None or not member.is_active:
        raise RefusedError(
            "this project does not know you",
            status=403,
            hint="ask for an invitation",
            code="people.stranger",
        )
    if known != member.id:
        _link(store, vouched, member)
    return member


def _find(store: Store, vouched: Vouched) -> str | None:
    query = "SELECT person FROM identity WHERE issuer = ? AND subject = ?"
    values = (vouched.issuer, vouched.subject)
    row = store.look(lambda tables: tables.execute(query, values).fetchone())
    return str(row[0]) if row else None


def _link(store: Store, vouched: Vouched, member: Member) -> None:
    values = (vouched.issuer, vouched.subject)

    def link(tables: Tables) -> None:
        old = "DELETE FROM identity WHERE issuer = ? AND subject = ?"
        tables.execute(old, values)
        new = "INSERT INTO identity (issuer, subject, person) VALUES (?, ?, ?)"
        tables.execute(new, (*values, member.id))

    store.change(link)
