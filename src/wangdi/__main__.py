"""``python -m wangdi``: the same as the ``wangdi`` command."""

import sys

from wangdi.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
