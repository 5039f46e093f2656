"""The extraction service: what an ended session teaches, as memories.

Owns the work on ended sessions. Hears EVENTS (sessions that ended, or are to be tried again). Says StoreMemory,
ReviseMemory and RecordJob, like any client. Keeps the Postgres schema `extraction`: jobs, their steps, what it wrote,
what a language model was asked and what that cost.
"""
