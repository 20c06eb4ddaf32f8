"""The worker protocol (PROTOCOL.md), pure: bytes to messages and back, and which frame may come next. No I/O."""
