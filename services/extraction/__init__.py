"""The extraction service: what an ended session teaches, as memories.

Owns the work on ended sessions, and the model calls it makes with their cost. Hears EVENTS (`session.ended`). Says
StoreMemory and other commands, like any client. Keeps the Postgres schema `extraction`: jobs and model calls.
"""
