"""Values as they cross between the languages (``docs/protocol.md`` §4). Twin of ``src/bridge/codec``.

V1. Python → TypeScript → Python gives the same value of the same type, or a ``CodecError`` that names the field.
V2. Nothing nests deeper than 64, on either side.
V3. Lists of uniform dicts or tuples travel as columns; the receiver cannot tell.
"""

from .decode import decode, decode_batch
from .encode import encode, encode_batch

__all__ = ["decode", "decode_batch", "encode", "encode_batch"]
