"""Numbers and names that programs compare with."""

__all__ = ["DEFAULT_OUTPUT_TAG", "MAX_LONG_VALUE", "MIN_LONG_VALUE"]

#: The last watermark, and the timestamp of records that have none.
MAX_LONG_VALUE = (1 << 63) - 1
MIN_LONG_VALUE = -(1 << 63)

#: The tag of an operator's main output.
DEFAULT_OUTPUT_TAG = ""
