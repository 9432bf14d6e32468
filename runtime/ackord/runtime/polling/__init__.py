"""Long-polling, one of the two transports: requests, bodies and the server end on ASGI."""
