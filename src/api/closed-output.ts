import { OutputError } from '../errors.ts';

/** As a shell tells of a filter that SIGPIPE has ended. */
const EXIT_CLOSED = 141;
let watched = false;

/**
 * The reader of this program's output has gone. Where the program does not handle that, it ends as other filters do: without a
 * word. Called when it has happened, so that no program has a handler of ours that does not need it.
 */
export function endQuietlyIfUnhandled(): void {
  const handled = process.listenerCount('uncaughtException') > 0;
  if (watched || handled || process.listenerCount('unhandledRejection') > 0) return;
  watched = true;
  const onUncaught = (thrown: unknown) => {
    if (thrown instanceof OutputError && thrown.code === 'ISTHMUS_OUTPUT_CLOSED') {
      process.exit(EXIT_CLOSED);
    }
    // Any other error ends the program as if nobody listened.
    process.off('uncaughtException', onUncaught);
    setImmediate(() => {
      throw thrown;
    });
  };
  process.on('uncaughtException', onUncaught);
}
