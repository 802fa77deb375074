/** The same object, with some methods of its own; it may be of a class with private fields. */
export function overlaid<T extends object>(object: T, own: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const source: object = name in own ? own : target;
      const found: unknown = Reflect.get(source, name);
      return typeof found === 'function' ? found.bind(source) : found;
    },
  });
}
