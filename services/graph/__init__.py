"""The graph service: how memories relate, which of them matter, and which belong together.

Owns discovered edges, ranks and communities. Hears EVENTS and DERIVED (embeddings). Says DERIVED (ranks, judgements),
and answers to related, explore, path, draw, relationships. Keeps the Postgres schema `graph`, made anew from the log.
"""
