"""The memory service: the facts.

Owns every fact (workspaces, keys, memories, relationships made by hand, sessions, documents) and the append-only log of
them. Hears COMMANDS, and DERIVED for what others found out; takes documents from BLOBS. Says EVENTS (through its
relay), KEYS, and answers to whoever ordered or asked. Keeps all in Postgres.
"""
