"""During each attack on a server another client is served, in time and in bounded memory; when it
is over the server rests, and serves as before.

The bounds in seconds are those that the project promises: none of 1,000 requests takes more than
one second, and five seconds of rest cost less than 0.2 s of CPU.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from functools import partial

import pytest
from conformance.ends import LANGUAGES, ServerEnd, until

from faults.attacks import ATTACKS, Attack
from faults.bystander import ask, ask_all, connection_to, cpu_seconds, resident_mib

SLOWEST_SECONDS = 1.0
REST_SECONDS = 5.0
REST_CPU_SECONDS = 0.2


@dataclass
class Outcome:
    """What one server did under one attack."""

    attack: Attack
    slowest: float = 0.0
    served: int = 0
    grown_mib: float = 0.0
    rest_cpu: float = 0.0
    served_afterwards: bool = False
    ended_well: bool = False


def suffer(server: ServerEnd, outcome: Outcome) -> None:
    attack = outcome.attack
    # Without descriptors nobody new is let in: who is in must be served.
    kept = connection_to(server) if attack.descriptors else None
    if kept is not None:
        ask(kept, 0)
    before = resident_mib(server.pid)
    with attack.hold(server.port):
        seconds = ask_all(server, kept)
        outcome.grown_mib = resident_mib(server.pid) - before
    outcome.slowest, outcome.served = max(seconds), len(seconds)
    if kept is not None:
        kept.close()


@pytest.fixture(scope="module", params=ATTACKS, ids=lambda attack: attack.name)
def outcomes(request: pytest.FixtureRequest) -> dict[str, Outcome]:
    """The attack on the three servers, one after the other; then all rest at the same time."""
    attack: Attack = request.param
    found = {language: Outcome(attack) for language in LANGUAGES}
    with contextlib.ExitStack() as stack:
        servers = {
            language: stack.enter_context(
                ServerEnd(language, secure=attack.secure, descriptors=attack.descriptors)
            )
            for language in LANGUAGES
        }
        for language, server in servers.items():
            suffer(server, found[language])
        for server in servers.values():
            until("the attackers' connections are gone", partial(alone, server))
        before = {language: cpu_seconds(server.pid) for language, server in servers.items()}
        time.sleep(REST_SECONDS)
        for language, server in servers.items():
            found[language].rest_cpu = cpu_seconds(server.pid) - before[language]
            found[language].served_afterwards = ask(connection_to(server), 1) < SLOWEST_SECONDS
    for language, server in servers.items():
        found[language].ended_well = server.end() == 0
    return found


def alone(server: ServerEnd) -> bool:
    """Whether the connection that asks is the only one."""
    return bool(server.stats()["connections"] == 1)


@pytest.fixture(params=LANGUAGES)
def outcome(request: pytest.FixtureRequest, outcomes: dict[str, Outcome]) -> Outcome:
    return outcomes[request.param]


def test_every_request_of_another_client_succeeds_within_a_second(outcome: Outcome) -> None:
    assert outcome.served == 1_000
    assert outcome.slowest < SLOWEST_SECONDS


def test_memory_stays_within_the_budget(outcome: Outcome) -> None:
    assert outcome.grown_mib <= outcome.attack.budget_mib


def test_the_server_rests_afterwards(outcome: Outcome) -> None:
    assert outcome.rest_cpu < REST_CPU_SECONDS


def test_the_server_serves_and_ends_as_before(outcome: Outcome) -> None:
    assert outcome.served_afterwards
    assert outcome.ended_well
