"""``python -m gallery``: the command line."""

import sys

from gallery.doors.cli import main

if __name__ == "__main__":
    sys.exit(main())
