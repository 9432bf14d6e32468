"""The explorer: a page on which one reads and tries the contracts of a server.

The page is built from ``runtime/explorer/`` in the repository (``make explorer``) into the file
``page.html`` beside this one.

===========  =================================================
``options``  what an application may set
``page``     the page and its headers
``app``      the ASGI application that serves it
===========  =================================================
"""
