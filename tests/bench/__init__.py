"""`python -m tests.bench`: what Weft reaches on this machine, on a stack of its own that is gone afterwards."""
