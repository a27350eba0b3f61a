"""Measures how the time to read hostile text grows with its size; exit code 1 if it is too much.

    python scripts/measure_readers.py

A line for each reader and family of texts (64 KB, 256 KB, 1 MB) that takes more than five times as
long for four times the size, or more than two seconds; with --all for all of them.
"""

import sys

from flowzero_jax.lab.speed.readers import measure_all


def main() -> int:
    faults = 0
    for growth in measure_all():
        faults += not growth.is_fine
        if not growth.is_fine or "--all" in sys.argv:
            seconds = "  ".join(f"{value:7.3f}" for value in growth.seconds)
            print(
                f"{seconds} s  {growth.factor:4.1f} x  {growth.reader}: {growth.family}", flush=True
            )
    print(f"{faults} of them grow too fast")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
