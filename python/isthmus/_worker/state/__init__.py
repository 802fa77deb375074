"""State of operators: keyed (heap or embedded store), broadcast, and what goes into a snapshot."""
