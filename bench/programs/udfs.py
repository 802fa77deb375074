"""Python functions of the mixed benchmarks."""


def add_one(value):
    return value + 1


def enrich(record):
    record["total"] = record["price"] * record["count"]
    return record


def identity(value):
    return value
