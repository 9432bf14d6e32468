"""The chat of examples/chat, hosted in any way: ``python -m tests.interop.chat_server --hosting
asgi``.

Its heartbeat is quicker than the example's own: a browser that is taken offline may be unable to
say goodbye. And whoever holds a name may take longer to say so: on a busy machine a page may stand
still for some seconds.
"""

from __future__ import annotations

from ackord.runtime.server import Server

from examples.chat.pages import Pages
from examples.chat.server import Chat
from tests import hosts

if __name__ == "__main__":
    server = Server(ping_interval=3, ping_timeout=12)
    server.register(Chat(answer_within=15))
    hosts.serve(server.asgi(Pages()), hosts.of_command_line(__doc__))
