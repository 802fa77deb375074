"""What a worker asks of the machine it runs on: time, turns, files, randomness. A simulation hands in others."""
