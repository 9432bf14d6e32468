"""The server of the Language Server Protocol: what `ackord.schema.editor` answers, for editors."""
