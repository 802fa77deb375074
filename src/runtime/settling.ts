/**
 * What user code gave where a promise may stand, as a promise of JavaScript's own: it settles once, and its `then` gives a
 * promise. A thenable of another make may call back twice, throw after that, or give nothing.
 */
export function settling(given: PromiseLike<unknown>): Promise<unknown> {
  if (given instanceof Promise && given.constructor === Promise && !Object.hasOwn(given, 'then')) {
    return given;
  }
  return new Promise((resolve, reject) => {
    given.then(resolve, reject);
  });
}
