// A shell that outlives this process for a moment. It holds one end of a pipe and the process groups of all workers; when the
// pipe ends, because this process has ended in whatever way, it kills the groups and is done.
//
// Workers end by themselves when we die (on Linux the kernel kills them), but what user code started in their group would
// stay: a worker that was killed cannot see to it, and one inside a C call that keeps the GIL cannot do anything at all.

import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { execa } from 'execa';

const SCRIPT = `
trap "" INT TERM HUP
groups=""
while read -r what group; do
  case $what in
    +) groups="$groups $group" ;;
    -)
      rest=""
      for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
      groups=$rest ;;
  esac
done
for one in $groups; do kill -KILL "-$one" 2>/dev/null; done
`;

let guard: Writable | undefined;

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
  const child = execa('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
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
