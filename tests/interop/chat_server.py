"""The chat of examples/chat on any lane: ``python -m tests.interop.chat_server --lane asgi``."""

from __future__ import annotations

from examples.chat.server import app, socketio_app
from tests import lanes

if __name__ == "__main__":
    lanes.serve(socketio_app, lanes.of_command_line(__doc__), application=app)
