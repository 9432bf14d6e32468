"""Several processes of one server on one machine, without a load balancer.

============  ====================================================================
``parent``    listens, starts the workers, replaces those that die, drains all
``seat``      what a worker gets from its parent, and how it notices the parent's end
``listeners`` the sockets that the workers accept connections from
``requests``  finds the request of another worker's session among the bytes of a client
``handover``  the way of a connection from one worker to another
``balance``   which worker should have a new client
============  ====================================================================

`ackord.runtime.hosting.uvicorn.sharing` uses these for the connections of uvicorn.
"""
