"""What is told beside a network, of the facts as they are with one text more."""

import asyncio

from portsmouth.build import build
from portsmouth.iris import PT
from portsmouth.networks import Selection, annotate, project
from portsmouth.store.embedded import EmbeddedStore

D, P = (f"https://w3id.org/portsmouth1905/{name}/" for name in ("id", "passage"))


def test_that_one_act_led_to_another_is_told_only_where_a_text_says_so():
    built = build()
    cause = D + "inf-roosevelt-instructs-meyer"

    async def told(nquads):
        async with EmbeddedStore.from_nquads(nquads, snapshot=built.snapshot) as store:
            network = await project(store, Selection())
            events = {data["event"] for _, _, data in network.edges(data=True)}
            return events, (await annotate(store, network)).led

    events, before = asyncio.run(told(built.nquads))
    other = min(events - {cause})
    said = f"<{cause}> <{PT}ledTo> <{other}> <{P}s1-001> .\n".encode()
    _, after = asyncio.run(told(built.nquads + said))
    assert cause in events and (cause, other) not in before
    assert after == before | {(cause, other)}
