"""`python -m netspec`: the command line."""

import sys

from netspec.cli.main import main

sys.exit(main())
