"""A TypeScript function in a Python pipeline: ``python examples/typescript-in-python/prices.py``."""

from isthmus import ts
from isthmus.datastream import StreamExecutionEnvironment

ORDERS = [
    {"id": 1, "item": "tea", "cents": 1250, "currency": "EUR"},
    {"id": 2, "item": "kettle", "cents": 3999, "currency": "USD"},
    {"id": 3, "item": "cup", "cents": 700, "currency": "JPY"},
]

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
(
    env.from_collection(ORDERS)
    .filter(lambda order: order["cents"] >= 1000)
    .map(ts("./format-price.ts", "formatPrice"))
    .map(lambda order: f"{order['id']} {order['item']}: {order['price']}")
    .print()
)
env.execute("prices")
