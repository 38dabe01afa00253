"""Measures what a ceremony takes here and in two libraries by themselves, in turns: ``make bench-webauthn``."""

import argparse
import sys
from collections.abc import Callable, Sequence
from time import process_time

from benchmarks.ceremonies.parties import PARTIES, Response, responses
from benchmarks.machine import disturbance, place, versions

MICROSECONDS = 1_000_000


def main(arguments: Sequence[str]) -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="benchmarks.ceremonies", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--times", type=int, default=50, help="how often each party does each ceremony in a round")
    asked = parser.parse_args(arguments)
    if busy := disturbance():
        print(busy, file=sys.stderr)
    print(
        f"CPU time in microseconds, the least of {asked.rounds} rounds of {asked.times} of each. {place()}; "
        f"{versions('fido2', 'webauthn', 'cryptography')}.\n\n"
        f"| ceremony | {' | '.join(PARTIES)} |\n|---|{'---:|' * len(PARTIES)}"
    )
    for name, least in measured(tuple(responses()), asked.rounds, asked.times).items():
        print(f"| {name} | {' | '.join(f'{seconds * MICROSECONDS:.0f}' for seconds in least)} |", flush=True)
    return 0


def measured(given: Sequence[Response], rounds: int, times: int) -> dict[str, list[float]]:
    """Return for each response what each party took at the least, in seconds.

    Each round has all parties, in an order that moves on, so that what else the machine does meets all of them.
    """
    least = {response.name: [float("inf")] * len(PARTIES) for response in given}
    parties = [*enumerate(PARTIES.values())]
    for _ in range(rounds):
        parties.append(parties.pop(0))
        for response in given:
            for number, party in parties:
                taken = _took(party, response, times) / times
                least[response.name][number] = min(least[response.name][number], taken)
    return least


def _took(party: Callable[[Response], bytes], response: Response, times: int) -> float:
    began = process_time()
    for _ in range(times):
        party(response)
    return process_time() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
