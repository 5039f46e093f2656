"""`python -m deploy.nats URL`: create or correct the streams and readers of the server at URL (nats://admin:password@host:port)."""

import argparse
import asyncio
import os

from deploy.nats.apply import apply


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.nats", description=__doc__)
    parser.add_argument("url", nargs="?", default=os.environ.get("WEFT_NATS_URL"), help="default: $WEFT_NATS_URL")
    parser.add_argument(
        "--replicas",
        type=int,
        default=os.environ.get("WEFT_NATS_REPLICAS"),
        help="of each stream, on as many servers of a cluster; default: $WEFT_NATS_REPLICAS, else as it is",
    )
    arguments = parser.parse_args()
    if not arguments.url:
        parser.error("no URL, neither as an argument nor in WEFT_NATS_URL")
    for line in asyncio.run(apply(arguments.url, replicas=arguments.replicas)) or ["all as declared"]:
        print(line)


main()
