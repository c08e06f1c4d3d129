"""Keep messages and catalogues together: ``python -m vae.locale check|update|split|merge``."""

import argparse
import sys
from pathlib import Path

from vae.locale.tools import catalogue, literals


def main() -> int:
    """Do what the command line says; 1 where something is missing."""
    parser = argparse.ArgumentParser(prog="python -m vae.locale", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("update", help="take new messages into the catalogues, drop unused ones")
    check = commands.add_parser("check", help="fail where something is not translated")
    check.add_argument("files", nargs="*", type=Path, help="look for literal texts in these alone")
    split = commands.add_parser("split", help="cut what is not translated into parts")
    split.add_argument("language", choices=catalogue.OTHERS)
    split.add_argument("parts", type=int)
    split.add_argument("folder", type=Path)
    merge = commands.add_parser("merge", help="join translated parts")
    merge.add_argument("language", choices=catalogue.OTHERS)
    merge.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    if given.command == "update":
        catalogue.update()
    elif given.command == "split":
        given.folder.mkdir(parents=True, exist_ok=True)
        catalogue.split(given.language, given.parts, given.folder)
    elif given.command == "merge":
        catalogue.merge(given.language, given.files)
    else:
        files = [path.resolve() for path in given.files]
        found = [*literals.faults(files or None), *([] if files else catalogue.faults())]
        for line in found:
            print(line)
        return int(bool(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
