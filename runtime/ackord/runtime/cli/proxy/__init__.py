"""The proxy of ``ackord explore``: an ASGI application on this machine that passes requests and
WebSockets of the explorer on to a Socket.IO server.

It passes nothing on without the token that is in its URL. To the server it says that it comes from
the server's own origin, so that no check of origins is in the way.

=============  ====================================================
``upstream``   where the server is, and the headers it is sent
``app``        tells the page, Socket.IO and strangers apart
``http``       passes one request on
``websocket``  passes one WebSocket on
=============  ====================================================
"""
