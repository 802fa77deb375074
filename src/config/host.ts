/** The oldest Node that runs the runtime. */
export const OLDEST_NODE: readonly [major: number, minor: number] = [22, 18];

/** Why Isthmus cannot run here, with the way out; undefined where it can. */
export function hostProblem(
  version = process.versions.node,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform === 'win32') {
    return 'Isthmus does not run on Windows, which has no process groups and hands no further descriptors to a Python worker; run it in WSL.';
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Isthmus needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${version}; install a newer one.`;
}
