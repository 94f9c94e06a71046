"""`python -m dialnet` is the command `dialnet`."""

import sys

from dialnet.cli import main

if __name__ == "__main__":
    sys.exit(main())
