"""The generated server hosted as `Server.run` hosts it, without the helpers in C."""

from __future__ import annotations

import os

os.environ["ACKORD_SPEEDUPS"] = "0"  # read once, when the runtime is imported

from tests.bench.servers.ackord_fast import main

if __name__ == "__main__":
    main()
