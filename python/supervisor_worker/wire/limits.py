"""The numbers of PROTOCOL § 7; the reasons stand there."""

HIGHEST_MAJOR, HIGHEST_MINOR = 1, 1
"""The version that this library speaks (§ 10)."""

FRAME = 64 << 20
"""Bytes of a payload until the hellos agree on something else."""
FRAME_FLOOR = 64 << 10
"""Bytes of a payload that may always be sent."""
UINT16, UINT32 = (1 << 16) - 1, (1 << 32) - 1
INTEGER = (1 << 53) - 1
SLOTS = 1024
HANDLERS = 256
CONCURRENCY = 1024
HANDLER_NAME = 64
"""Bytes."""
METRIC_NAME = 128
"""Bytes."""
PREDICTION_ID = 255
"""Bytes."""
FILE_NAME = 255
"""Bytes, in the spool."""
NESTING = 512
"""Arrays and objects inside one another."""
NO_SLOT = 0xFFFF
"""Stands in a header for "concerns the worker"."""

SPILL, UPLOAD, HEARTBEAT, INTERRUPT = "spill", "upload", "heartbeat", "interrupt"
"""Capabilities (§ 10)."""
