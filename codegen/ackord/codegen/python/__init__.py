"""The Python target: a package with the types, the server's and the client's side of a contract."""
