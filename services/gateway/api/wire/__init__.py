"""HTTP as such: connections, limits, bodies, errors. No word of memories in here."""
