"""Values as they cross between the languages (``docs/protocol.md`` §4). Twin of ``src/bridge/codec``.

- Python → TypeScript → Python gives the same value of the same type, or a ``CodecError`` that names the field.
- Nothing nests deeper than 64, on either side.
- Lists of uniform dicts or tuples travel as columns; the receiver cannot tell.
"""

from .decode import decode, decode_batch
from .encode import encode, encode_batch

__all__ = ["decode", "decode_batch", "encode", "encode_batch"]
