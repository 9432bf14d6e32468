"""The verbs of the command line that need the runtime: `call`, `listen` and `explore`, clients for
any Socket.IO server, and `serve`.

They are entry points of the group ``ackord.verbs`` (docs/decisions/0024). Their modules import at
the top what ``--help`` needs; what connects is imported when a verb runs.

============  ================================================================
``options``   the options that both verbs of the client have
``peer``      from these options to a socket, and from its errors to exit codes
``values``    JSON and binary values, as people write and read them
``contract``  a contract, by which arguments, answers and events are checked
``exploring`` serves the explorer, and passes its connections on by ``proxy``
``target``    what `serve` serves, from a text such as ``app:server``
``serving``   serves it, in one process or in several
``outcome``   exit codes, and what goes to standard error
============  ================================================================
"""
