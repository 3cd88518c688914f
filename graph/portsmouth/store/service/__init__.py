"""Speaking to another SPARQL service over HTTP.

From bottom to top:

- :mod:`~portsmouth.store.service.credentials`: what lets this program in
- :mod:`~portsmouth.store.service.refusals`: what it means where there is no answer
- :mod:`~portsmouth.store.service.client`: asking, on a pool of connections
- :mod:`~portsmouth.store.service.request`: what the service is sent
- :mod:`~portsmouth.store.service.converting`: its answer in the format that is asked for
- :mod:`~portsmouth.store.service.answer`: that answer, while it comes
- :mod:`~portsmouth.store.service.stanced_copies`: copies of what it holds, which know stances
"""
