"""All that touches the classes of uvicorn itself: serving, and the direct ends of both transports."""
