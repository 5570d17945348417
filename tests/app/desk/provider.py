# SPDX-License-Identifier: Apache-2.0
"""A little OpenID provider on this machine, honest unless it is told otherwise.

Everybody who comes is signed in as `subject`; codes work once, for who shows the secret
and the verifier that belongs to the challenge.
"""

import base64
import hmac
import json
import secrets
import threading
import time
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from maalem.app.desk.serving import address_of, listen

CLIENT, SECRET = "maalem-desk", "a secret of the provider's"


class LittleProvider:
    """What the provider says, and how it may go wrong.

    `lie` changes the claims of an ID token; `sign` makes its text of header and claims.
    """

    def __init__(self, clock):
        self.clock = clock
        self.issuer = ""
        self.key = _first_key()
        self.person = {
            "sub": "u-1",
            "name": "Amina",
            "email": "amina@example.org",
            "email_verified": True,
        }
        self.lie = dict
        self.sign = self.honestly
        self.codes = {}
        self.asked = []
        self.given = []

    def honestly(self, claims):
        """Sign as the description says."""
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, self.key)

    def unsigned(self, claims):
        """Give a token that says itself that nobody signed it."""
        parts = ({"alg": "none", "typ": "JWT"}, claims)
        header, body = (_base64url(json.dumps(part)) for part in parts)
        return f"{header}.{body}."

    def with_the_public_key(self, claims):
        """Sign with HMAC, the published key being the secret."""
        parts = ({"alg": "HS256", "kid": "first", "typ": "JWT"}, claims)
        text = ".".join(_base64url(json.dumps(part)) for part in parts)
        secret = self.key.as_pem(private=False)
        mark = hmac.digest(secret, text.encode(), "sha256")
        return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"

    def with_another_key(self, claims):
        """Sign with a key that nobody published, under the name of one that is."""
        other = RSAKey.generate_key(2048, {"kid": "first"})
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, other)

    def id_token(self, nonce):
        now = int(self.clock())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
        }
        self.given.append(self.sign(self.lie(claims)))
        return self.given[-1]

    def application(self):
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def describe():
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }

        @app.get("/keys")
        def keys():
            return KeySet([self.key]).as_dict(private=False)

        @app.get("/authorize")
        def authorize(request: Request):
            asked = dict(request.query_params)
            self.asked.append(asked)
            assert asked["response_type"] == "code"
            assert asked["code_challenge_method"] == "S256"
            assert asked["client_id"] == CLIENT
            assert "openid" in asked["scope"].split()
            code = secrets.token_urlsafe()
            self.codes[code] = asked
            back = {"code": code, "state": asked["state"], "iss": self.issuer}
            return RedirectResponse(
                f"{asked['redirect_uri']}?{urlencode(back)}", status_code=303
            )

        @app.post("/token")
        def token(
            request: Request,
            code: str = Form(),
            code_verifier: str = Form(),
            redirect_uri: str = Form(),
        ):
            asked = self.codes.pop(code, None)
            right = "Basic " + _basic(CLIENT, SECRET)
            if (
                asked is None
                or request.headers.get("authorization") != right
                or redirect_uri != asked["redirect_uri"]
                or create_s256_code_challenge(code_verifier) != asked["code_challenge"]
            ):
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
            return {
                "access_token": secrets.token_urlsafe(),
                "token_type": "Bearer",
                "id_token": self.id_token(asked["nonce"]),
            }

        return app


@cache
def _first_key():
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


def _base64url(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _basic(name, secret):
    return base64.b64encode(f"{name}:{secret}".encode()).decode()


@contextmanager
def a_provider(clock):
    """Run a provider on a free port until the block ends."""
    provider = LittleProvider(clock)
    door = listen("127.0.0.1", 0)
    provider.issuer = address_of(door).rstrip("/")
    config = uvicorn.Config(provider.application(), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield provider
    finally:
        server.should_exit = True
        thread.join()
        door.close()
