"""WebSocket, one of the two transports: frames, the server end on ASGI, the client end."""
