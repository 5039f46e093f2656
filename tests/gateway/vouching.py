"""A company's own server that vouches for its people, as far as its keys go: a real server, with real keys."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from contracts.base import now
from tests.stack import POLL_S

AUDIENCE = "weft-of-acme"


def a_pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@dataclass
class Vouching:
    """An OpenID Connect server, as far as its keys go."""

    url: str = ""
    pairs: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_broken: bool = False
    calls_itself: str | None = None

    def answer(self, path: str) -> dict[str, Any] | None:
        self.asked.append(path)
        if self.is_broken:
            return None
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.calls_itself or self.url, "jwks_uri": f"{self.url}/keys"}
        keys = [
            json.loads(RSAAlgorithm.to_jwk(pair.public_key())) | {"kid": name, "use": "sig", "alg": "RS256"}
            for name, pair in self.pairs.items()
        ]
        return {"keys": [*keys, {"kty": "oct", "kid": "shared", "k": "c2VjcmV0", "alg": "HS256"}, {"kty": "new"}]}

    def token(self, kid: str = "first", algorithm: str = "RS256", **others: Any) -> str:
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "248289761001",
            "exp": now() + timedelta(minutes=5),
            "email": "ada@acme.example",
            "email_verified": True,
        } | others
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(said, self.pairs[kid], algorithm=algorithm, headers={"kid": kid})


@contextmanager
def vouching_server() -> Iterator[Vouching]:
    """On a port of its own."""
    served = Vouching(pairs={"first": a_pair()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = served.answer(self.path)
            self.send_response(200 if answer is not None else 500)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
