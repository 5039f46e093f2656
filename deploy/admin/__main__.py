"""`python -m deploy.admin`, the same as `weft-admin`."""

from deploy.admin.cli import main

main()
