"""Engine.IO v4 on the event loop, server and client: sessions, timers, options and hooks."""
