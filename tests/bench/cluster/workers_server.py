"""The benchmark's server with workers: ``python -m tests.bench.cluster.workers_server WORKERS``."""

from __future__ import annotations

import sys

from tests.bench.servers.application import make_server
from tests.bench.servers.listening import Variant

if __name__ == "__main__":
    make_server(Variant()).run(port=0, workers=int(sys.argv[1]))
