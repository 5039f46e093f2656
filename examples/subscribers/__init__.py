"""A subscriber in three ways. Each says what is stored from now on, and needs no more than its own file."""
