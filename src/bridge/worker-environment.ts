// The environment variables of workers: those of this process, but for what a job says. Most can be set in a worker that runs
// already (`install_program` does); some are read by the interpreter, the loader or the C library when a process starts.

/** Absent variables are inherited; null removes one. */
export type WorkerEnvironment = Readonly<Record<string, string | null>>;

const READ_AT_START = /^(PYTHON|LD_|DYLD_|LC_|LANG$|LANGUAGE$|MALLOC_|GLIBC_|OPENSSL_|SSL_CERT_)/;

/** The whole environment of a worker that is started. */
export function environmentOf(env: WorkerEnvironment): Record<string, string> {
  const whole: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...process.env, ...env })) {
    if (value !== null && value !== undefined) whole[name] = value;
  }
  return whole;
}

/** Of these variables those that only a new process takes note of; a text that is equal where they are. */
export function startVariables(env: WorkerEnvironment): string {
  const names = Object.keys(env).filter(
    (name) => READ_AT_START.test(name) && (env[name] ?? undefined) !== process.env[name],
  );
  return JSON.stringify(names.sort().map((name) => [name, env[name]]));
}
