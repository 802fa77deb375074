/** The oldest Node that runs the runtime. */
export const OLDEST_NODE: readonly [major: number, minor: number] = [22, 18];

/** What is wrong with a version of Node, with the way out; undefined where nothing is. */
export function nodeProblem(version = process.versions.node): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Isthmus needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${version}; install a newer one.`;
}
