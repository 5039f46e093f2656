"""Claude Code's transcripts (`*.jsonl`) as sessions with observations.

The way through it: `sessions.transcripts` names the files, `sessions.scan` says which sessions are in them,
`reading.Reading` gives the observations of one. All that needs the standard library only, and knows no server;
`importing` tells Weft, and `learning` what it learnt.
"""
