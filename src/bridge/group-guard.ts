// A shell that outlives this process for a moment. It holds one end of a pipe and the process groups of all workers; when the
// pipe ends, because this process has ended in whatever way, it kills the groups and is done.
//
// In the runtime of a Python program it also waits for the end of the program. The runtime sees that by itself, but not while
// a TypeScript function keeps the event loop; then it is killed after a grace period.
//
// Workers end by themselves when we die (on Linux the kernel kills them), but what user code started in their group would
// stay: a worker that was killed cannot see to it, and one inside a C call that keeps the GIL cannot do anything at all.

import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { execa } from 'execa';

/** $1: the runtime, where descriptor 3 ends with its program; $2: seconds that it has to end by itself. */
const SCRIPT = `
trap "" INT TERM HUP
runtime=$1
if [ -n "$runtime" ]; then
  (read -r _ <&3; sleep "$2"; kill -KILL "$runtime") 2>/dev/null &
  watch=$!
  exec 3<&-
fi
groups=""
while read -r what group; do
  case $what in
    +) groups="$groups $group" ;;
    -)
      rest=""
      for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
      groups=$rest ;;
    end)
      [ -z "$watch" ] || kill -KILL "$watch"
      (sleep "$group"; kill -KILL "$runtime") 2>/dev/null &
      watch=$! ;;
  esac
done
for one in $groups; do kill -KILL "-$one" 2>/dev/null; done
kill -KILL 0
`;
/** How long a runtime has to say that it ends, and then longer than it has said. */
const GRACE_S = 1;

let guard: Writable | undefined;
let programLife: number | undefined;

/** This process is to end with the program, which alone holds the writing end of the pipe `descriptor`. */
export function endWithProgram(descriptor: number): void {
  programLife = descriptor;
}

/** This process has seen the end of the program, and ends in order within that time. */
export function inOrderWithin(ms: number): void {
  if (programLife !== undefined) guard?.write(`end ${Math.ceil(ms / 1_000) + GRACE_S}\n`);
}

/** The group is killed when this process ends. */
export function guardGroup(group: number): void {
  if (process.platform === 'win32') return;
  guard ??= startGuard();
  guard.write(`+ ${group}\n`);
}

/** The group has ended; its number may be somebody else's from now on. */
export function forgetGroup(group: number): void {
  guard?.write(`- ${group}\n`);
}

function startGuard(): Writable {
  const watched = programLife === undefined ? [] : [String(process.pid), String(GRACE_S)];
  const child = execa('/bin/sh', ['-c', SCRIPT, 'isthmus-guard', ...watched], {
    // A descriptor is handed down as it is; execa's types only know the first three as numbers.
    stdio: ['pipe', 'ignore', 'ignore', (programLife ?? 'ignore') as 'ignore'],
    detached: true, // Ctrl-C is not for it.
    buffer: false,
    reject: false,
    cleanup: false,
  });
  const { stdin } = child;
  const lost = () => {
    // Somebody killed it; the next worker brings a new one.
    if (guard === stdin) guard = undefined;
  };
  stdin.on('error', lost);
  child.once('exit', lost);
  void child.then(undefined, lost);
  child.unref();
  (stdin as Writable as Socket).unref();
  return stdin;
}
