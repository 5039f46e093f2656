"""What others build on Weft's events. Nothing of Weft needs it."""
