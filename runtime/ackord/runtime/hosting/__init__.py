"""What runs a server: any ASGI server, or uvicorn with the right settings."""
