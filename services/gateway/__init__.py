"""The gateway: the HTTP face of Weft.

Owns nothing and keeps nothing: what it knows of a key it reads from KEYS on each request. Says COMMANDS on behalf of
whom a key names, and asks memory and search. Hears their answers, in its own inbox. It talks to NATS and nothing else.
"""
