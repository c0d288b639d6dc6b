"""`python -m manifest schema` and `reference`: what editors and people read of app files, from the model."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Final

from manifest.reference import reference
from manifest.schema import app_file_schema

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "schema": lambda: json.dumps(app_file_schema(), indent=2) + "\n",
    "reference": reference,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m manifest", description=__doc__)
    parser.add_argument("page", choices=PAGES, help="the JSON Schema, or docs/app-file.md")
    sys.stdout.write(PAGES[parser.parse_args().page]())


if __name__ == "__main__":
    main()
