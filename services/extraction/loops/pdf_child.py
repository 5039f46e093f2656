"""`python -m services.extraction.loops.pdf_child CPU_S MEMORY_BYTES`: a PDF on standard input becomes Pages on standard
output, as JSON. A process of its own: what takes too long or too much memory ends it, and nothing else.
"""

import logging
import resource
import sys

from pydantic import TypeAdapter
from pydantic_core import to_json

from services.extraction.documents.decoding import Unreadable
from services.extraction.documents.pdf import Pages, pages_of

PAGES = TypeAdapter(Pages)


def main(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # pipes are no files
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()  # what pypdf says of a file may hold what stands in it
    try:
        answer = PAGES.dump_json(pages_of(sys.stdin.buffer.read()))
    except Unreadable as why:
        answer = to_json({"error": why.error, "reason": str(why)})
    except MemoryError:
        answer = to_json({"error": "too_much_memory", "reason": "The PDF takes more memory to read than it may."})
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
