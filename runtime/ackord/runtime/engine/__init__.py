"""The Engine.IO v4 server: sessions on the event loop, whatever hosts them and whatever stands on
them.
"""
