"""A server whose store knows no other way to ask where the engine falls over, for tests."""

import runpy

from portsmouth.store.processes import lending
from portsmouth.store.sparql import fallen

if __name__ == "__main__":
    fallen.ranked = lambda _: None
    lending.is_of_sorting = lambda _: False
    runpy.run_module("portsmouth_server", run_name="__main__", alter_sys=True)
