"""``python -m imagepipe_rs``: the command line."""

import sys

from imagepipe_rs.cli import main

sys.exit(main())
