"""Everything that uses uvicorn's own classes: serving, and the direct ends of both transports."""
