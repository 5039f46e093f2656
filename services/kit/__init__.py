"""Plumbing that two services or more need. Knows NATS, Postgres and processes; knows no word of the domain."""
