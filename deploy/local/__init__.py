"""Weft on one machine: `python -m deploy.local up|down|status|logs|run`.

`up` starts a detached supervisor, which starts NATS, Postgres and the services, each a process of its own, and restarts
what dies. All state is below WEFT_HOME. Read `home` (where things lie), `endpoints` (where they listen), `programs`
(what is started, and with what), `supervisor` (keeps it running), `start` (in which order), `control` (the commands).
"""
