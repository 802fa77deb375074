// Loaded before the runtime's modules: to load `node:process` looks at `process.stdout`, and Node's own stream would make the
// program's pipe non-blocking, for the program too: what it then prints faster than it is read is an error, or lost without a
// word where Python does not buffer. The runtime puts streams of its own in place (src/driver/driver-output.ts).

for (const name of ['stdout', 'stderr']) {
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => undefined });
}
