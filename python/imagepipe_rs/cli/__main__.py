"""``python -m imagepipe_rs.cli``: the command line."""

import sys

from imagepipe_rs.cli import main

sys.exit(main())
