"""The function base classes, by theme; users import them from ``isthmus.datastream.functions``."""
