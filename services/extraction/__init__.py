"""The extraction service: what an ended session teaches, as memories, and what is in a document.

Owns the work on ended sessions and on documents. Hears EVENTS (what ended or came in, or is to be tried again). Says
StoreMemory, ReviseMemory, RecordChunks, RecordFindings, FinishDocument and RecordJob, like any client. Keeps the
Postgres schema `extraction`: what is due, what it wrote, what a language model was asked and what that cost.
"""
