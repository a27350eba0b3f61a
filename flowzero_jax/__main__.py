"""`python -m flowzero_jax` is the command `flowzero-jax`."""

import sys

from flowzero_jax.cli import main

sys.exit(main())
