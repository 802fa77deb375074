type Order = { id: number; item: string; cents: number; currency: string };

/** Adds the price as people write it; Intl knows every currency. */
export function formatPrice(order: Order): Order & { price: string } {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency: order.currency });
  return { ...order, price: format.format(order.cents / 100) };
}
