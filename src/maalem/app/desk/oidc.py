# SPDX-License-Identifier: Apache-2.0
"""The desk's side of OpenID Connect: code flow with PKCE, and what an ID token proves.

Source:
    OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 9207 (issuer in the
    answer); RFC 8725 (algorithms are chosen by the reader, never by the token).
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from maalem.app.desk.identities import Errand, ProviderError, Vouched
from maalem.app.desk.tokens import is_same
from maalem.app.listening import SsoSettings
from maalem.errors import boundary

_SIGNED_WITH = ("RS256", "PS256", "ES256", "Ed25519")
_LEEWAY = 60  # seconds by which clocks may differ
_FRESH = 300.0  # seconds for which the provider's keys are believed
_ASK = "ask the identity provider"
_PATIENCE = 5.0  # seconds to wait for the provider


class Provider:
    """The identity provider; it is asked for nothing before somebody signs in.

    Args:
        settings: Its address and the desk's name there.
        secret: What it gave the desk.
        clock: Seconds since 1970.
    """

    def __init__(
        self, settings: SsoSettings, *, secret: str, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._clock = clock
        self._turn = threading.Lock()
        self._known: tuple[float, Mapping[str, Any], KeySet] | None = None

    def address_for(self, errand: Errand, *, back: str) -> str:
        """Give the address at the provider to which a browser is sent.

        Args:
            errand: What the browser takes along.
            back: Where the provider sends it afterwards.
        """
        said, _ = self._description()
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                said["authorization_endpoint"],
                state=errand.state,
                code_verifier=errand.verifier,
                nonce=errand.nonce,
            )
        return str(address)

    def vouch(self, errand: Errand, answer: Mapping[str, str], *, back: str) -> Vouched:
        """Tell whom a browser that came back belongs to.

        Args:
            errand: What it took along.
            answer: `code`, `state` and `iss` as it brought them.
            back: As for `address_for`.

        Raises:
            ProviderError: The answer proves nobody.
        """
        is_issuer = answer.get("iss", "") in ("", self._settings.issuer)
        is_own = bool(answer.get("code")) and is_same(
            answer.get("state", ""), errand.state
        )
        if not is_own or not is_issuer:
            raise _refusal()
        said, _ = self._description()
        with boundary(ProviderError, _ASK), self._client(back) as client:
            token = client.fetch_token(
                said["token_endpoint"],
                code=answer["code"],
                code_verifier=errand.verifier,
                grant_type="authorization_code",
            )
        return self._read(str(token.get("id_token", "")), errand)

    def _read(self, text: str, errand: Errand) -> Vouched:
        """Believe an ID token only if all of it is as it must be."""
        said, keys = self._description()
        try:
            token = jwt.decode(text, keys, algorithms=list(_SIGNED_WITH))
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": said["issuer"]},
                    "aud": {"essential": True, "value": self._settings.client_id},
                },
                params={
                    "nonce": errand.nonce,
                    "client_id": self._settings.client_id,
                },
            )
            claims.validate(now=int(self._clock()), leeway=_LEEWAY)
        except (JoseError, ValueError) as error:
            raise _refusal() from error
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise _refusal()
        is_verified = claims.get("email_verified") is True
        return Vouched(
            issuer=self._settings.issuer,
            subject=subject,
            email=str(claims["email"]) if is_verified and "email" in claims else None,
            name=str(claims.get("name", "")),
        )

    def _client(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            self._settings.client_id,
            self._secret,
            scope="openid email profile",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_PATIENCE,
            follow_redirects=False,
            trust_env=False,
        )

    def _description(self) -> tuple[Mapping[str, Any], KeySet]:
        """Give what the provider says of itself, and its keys, fresh enough."""
        with self._turn:
            now = self._clock()
            if self._known is None or now - self._known[0] > _FRESH:
                self._known = (now, *self._ask())
            return self._known[1:]

    def _ask(self) -> tuple[Mapping[str, Any], KeySet]:
        where = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        with boundary(ProviderError, _ASK), _plain_client() as client:
            said = client.get(where)
            said.raise_for_status()
            described: dict[str, Any] = said.json()
            if described["issuer"] != self._settings.issuer:
                raise ValueError("it calls itself by another name")
            keys = client.get(described["jwks_uri"])
            keys.raise_for_status()
            return described, KeySet.import_key_set(keys.json())


def _plain_client() -> httpx.Client:
    return httpx.Client(timeout=_PATIENCE, follow_redirects=False, trust_env=False)


def _refusal() -> ProviderError:
    return ProviderError(
        "the identity provider's answer proves nobody", hint="sign in again"
    )
