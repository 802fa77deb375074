// Code is not run because it happens to lie somewhere: what is found, rather than named, must be of this user or of root, in a
// place where nobody else can put it. (Git asks the same of a repository that it finds.)

import { type Stats, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_MAY_WRITE = 0o002;
const STICKY = 0o1000;

/** The users whose files this process trusts beside root's; none where the system knows no users. */
export function trustedUsers(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReadonlySet<number> | undefined {
  const user = process.geteuid?.();
  if (user === undefined) return undefined;
  const users = new Set([0, user]);
  // Root by sudo is still who called it.
  if (user === 0 && environment.SUDO_UID !== undefined) users.add(Number(environment.SUDO_UID));
  return users;
}

/** Why what lies at `path` is not to be trusted, as the end of a sentence that begins with it; undefined where it is. */
export function distrust(path: string, users = trustedUsers()): string | undefined {
  if (users === undefined) return undefined;
  try {
    // A link is trusted as whoever made it, and what it leads to as itself.
    const there = realpathSync(path);
    return foreign(lstatSync(path), users) ?? foreign(statSync(there), users) ?? openPlace(there);
  } catch {
    return undefined; // It is not there: nothing will be run.
  }
}

/** As `distrust`, of a link itself and not of what it leads to. */
export function distrustLink(path: string, users = trustedUsers()): string | undefined {
  return users === undefined ? undefined : foreign(lstatSync(path), users);
}

/** The folder at or above `path` that every user may change; in a sticky one others may add, but replace nothing. */
export function openPlace(path: string): string | undefined {
  if ((statSync(path).mode & OTHERS_MAY_WRITE) !== 0) return 'can be written by every user';
  for (let at = path; at !== dirname(at); ) {
    at = dirname(at);
    const { mode } = statSync(at);
    if ((mode & OTHERS_MAY_WRITE) !== 0 && (mode & STICKY) === 0) {
      return `lies below ${at}, which can be written by every user`;
    }
  }
  return undefined;
}

function foreign({ uid }: Stats, users: ReadonlySet<number>): string | undefined {
  return users.has(uid) ? undefined : `belongs to another user (${uid})`;
}
