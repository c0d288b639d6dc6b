"""`make bench`: the figures of docs/performance.md. Ratios count; seconds depend on the machine."""

import argparse

from bench import boot, commands, load, scale


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="boots and previews of each (default: 3)")
    parser.add_argument("--cold", action="store_true", help="also `make up` with empty caches")
    arguments = parser.parse_args()
    load.report()
    boot.report(arguments.rounds)
    scale.report(arguments.rounds)
    commands.report(cold=arguments.cold)


if __name__ == "__main__":
    main()
