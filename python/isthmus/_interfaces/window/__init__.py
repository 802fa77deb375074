"""Windows, assigners and triggers, by theme; users import them from ``isthmus.datastream.window``."""
