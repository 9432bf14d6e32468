"""The protocol, and the servers and clients that generated code runs on."""
