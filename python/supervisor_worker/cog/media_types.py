"""Media types of files that models return."""

from __future__ import annotations

import mimetypes
import os

UNKNOWN = "application/octet-stream"
"""For bytes of which nothing is known."""

_BY_EXTENSION = {
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".avif": "image/avif",
    ".bz2": "application/x-bzip2",
    ".csv": "text/csv",
    ".flac": "audio/flac",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".gz": "application/gzip",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".log": "text/plain",
    ".m4a": "audio/m4a",
    ".m4v": "video/x-m4v",
    ".md": "text/markdown",
    ".mid": "audio/mid",
    ".midi": "audio/mid",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".pt": UNKNOWN,
    ".py": "text/plain",
    ".svg": "image/svg+xml",
    ".toml": "text/x-toml",
    ".ts": "video/vnd.dlna.mpeg-tts",
    ".txt": "text/plain",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".xml": "text/xml",
    ".xz": "application/x-xz",
    ".yaml": "text/x-yaml",
    ".yml": "text/x-yaml",
    ".zip": "application/zip",
}
"""What models usually make, with the types that clients of Cog get; Python's own table depends on the machine."""


def media_type(name: str) -> str:
    """The media type for a file's name, by its extension."""
    extension = os.path.splitext(name)[1].lower()
    known = _BY_EXTENSION.get(extension)
    if known is not None:
        return known
    guessed, encoding = mimetypes.guess_type("file" + extension)
    return guessed if guessed is not None and encoding is None else UNKNOWN


def extension(mime: str) -> str:
    """A file extension for a media type, with its dot; empty if there is none."""
    return mimetypes.guess_extension(mime) or ""
