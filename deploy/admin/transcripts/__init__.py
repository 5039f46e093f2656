"""Claude Code's transcripts (`*.jsonl`) as sessions with observations. Reads files, knows no server.

Needs the standard library only, so that other programs can take it as it is. The way through it: `sessions.transcripts`
names the files, `sessions.scan` says which sessions are in them, `reading.Reading` gives the observations of one.
"""
