"""The doors through which generated code enters the runtime; names are added to a door, never
changed.
"""
