// Failures that nobody has looked at yet. Each is told once: after a moment in which somebody may still look, at the latest when the
// process ends.

/** How long a program may take to ask for a result, or to begin an iteration, before it is told unasked. */
const PATIENCE_MS = 1_000;

const untold = new Set<() => void>();

/** Calls `tell` once, unless the function it returns is called before. */
export function tellUnlessObserved(tell: () => void): () => void {
  const timer = setTimeout(() => told(), PATIENCE_MS);
  timer.unref();
  const forget = () => {
    clearTimeout(timer);
    untold.delete(told);
    if (untold.size === 0) process.off('exit', tellAll);
  };
  const told = () => {
    forget();
    tell();
  };
  if (untold.size === 0) process.on('exit', tellAll);
  untold.add(told);
  return forget;
}

function tellAll(): void {
  for (const tell of untold) tell();
}
