"""Tokens that say who a user is (JWT). Only the server can sign them."""
# A key may be one of the package cryptography, which this application doesn't need.
# pyright: reportUnknownMemberType=false

import os
from datetime import UTC, datetime, timedelta

import jwt

from contract import AuctionSession, UserName

SECRET = os.environ.get("AUCTION_SECRET", "only for development: at least 32 bytes")


def token_for(user: str, *, sells: bool) -> str:
    """Sign a token that is valid for a day."""
    expires = datetime.now(UTC) + timedelta(days=1)
    return jwt.encode({"sub": user, "sells": sells, "exp": expires}, SECRET, algorithm="HS256")


def read_token(token: str) -> AuctionSession | None:
    """Return what the token says; None if the token is forged or too old."""
    try:
        claims = jwt.decode(token, SECRET, ["HS256"], options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError:
        return None
    return AuctionSession(user=UserName(claims["sub"]), sells=claims["sells"])
