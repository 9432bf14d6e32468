"""WebSocket and long-polling, as the engine sees them and as ASGI servers give them."""
