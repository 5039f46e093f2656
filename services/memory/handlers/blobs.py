"""BLOBS: documents on their way in. They are read before they are taken in, and erased once they have been."""

from contracts import subjects
from contracts.documents import Blob
from services.kit.bus import Bus


class Blobs:
    """Raises Unavailable where NATS does not answer."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def read(self, blob: Blob, size_max: int) -> bytes | None:
        """An object's bytes; None where it is not there, or longer than `size_max`."""
        content = bytearray()
        async for found in self._bus.stored(subjects.BLOBS_STREAM, subjects.blob_chunks(blob.nuid)):
            content += found.data or b""
            if len(content) > size_max:
                return None
        return bytes(content) if content else None

    async def erase(self, blob: Blob) -> None:
        """Message by message: a purge would leave the bytes on disk. Doing it twice changes nothing."""
        for subject in (subjects.blob_chunks(blob.nuid), subjects.blob_entry(blob.name)):
            async for found in self._bus.stored(subjects.BLOBS_STREAM, subject):
                await self._bus.erase(subjects.BLOBS_STREAM, found.seq)
