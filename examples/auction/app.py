"""The application: ``ackord serve app:app``."""

import os
from pathlib import Path

from fastapi import FastAPI, HTTPException, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from contract import LotId
from database import Database
from login import token_for
from server import make_server

database = Database(os.environ.get("DATABASE", "sqlite+aiosqlite:///auction.db"))
server = make_server(database)
app = FastAPI(lifespan=server.lifespan())


class Login(BaseModel):
    user: str = Field(min_length=1, max_length=30)
    sells: bool = False


@app.post("/login")
async def log_in(login: Login) -> str:
    # A real application checks a password here, and knows who may sell.
    return token_for(login.user, sells=login.sells)


@app.get("/pictures/{lot}")
async def picture(lot: int) -> Response:
    found = await database.picture(LotId(lot))
    if found is None:
        raise HTTPException(404)
    mime, data = found
    return Response(data, media_type=mime, headers={"X-Content-Type-Options": "nosniff"})


app.mount("/socket.io", server.asgi())
if os.environ.get("EXPLORER"):  # it shows all of the contract to everyone, so not in production
    app.mount("/explorer", server.explorer_app())
app.mount("/", StaticFiles(directory=Path(__file__).parent / "web", html=True))
