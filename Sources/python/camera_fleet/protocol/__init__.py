"""The protocol without any input or output: bytes in, meaning out. Both clients are made of it."""
