"""State interfaces, descriptors and time-to-live; users import them from ``isthmus.datastream.state``."""
