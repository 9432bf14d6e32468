"""What an editor asks about a schema file while it is being written: completion, hover, places.

The text may be broken anywhere; lines and columns count from 1.
"""
