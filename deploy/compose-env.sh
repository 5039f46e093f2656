#!/bin/sh
# Prints what compose.yaml reads from deploy/.env, made anew each time: `(umask 077; deploy/compose-env.sh > deploy/.env)`, once.
# Whoever loses WEFT_MASTER_KEY has lost all content: keep a copy, and not with the backups of Postgres.
set -eu
# A letter first, then letters and digits: they stand in URLs, and NATS would take 12e4 for a number.
for name in \
    NATS_PASSWORD_GATEWAY NATS_PASSWORD_MEMORY NATS_PASSWORD_SEARCH NATS_PASSWORD_GRAPH NATS_PASSWORD_EXTRACTION \
    NATS_PASSWORD_ADMIN NATS_ENCRYPTION_KEY POSTGRES_PASSWORD \
    PASSWORD_WEFT_OWNER PASSWORD_WEFT_MEMORY PASSWORD_WEFT_MEMORY_LOOPS PASSWORD_WEFT_ACCOUNTS PASSWORD_WEFT_GRAPH \
    PASSWORD_WEFT_GRAPH_LOOPS PASSWORD_WEFT_EXTRACTION PASSWORD_WEFT_EXTRACTION_LOOPS \
    QDRANT_API_KEY WEFT_INDEX_KEY WEFT_KEY_PEPPER WEFT_PORTAL_KEY; do
    printf '%s=w%s\n' "$name" "$(openssl rand -hex 24)"
done
printf 'WEFT_MASTER_KEY=%s\n' "$(openssl rand -base64 32)"
