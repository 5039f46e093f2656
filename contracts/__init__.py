"""The words that Weft's services say to each other, and to anyone who subscribes: commands, events, queries, replies.

Pydantic and the standard library only. README.md says how to add a word, and how an event may change.
"""
