/** What a command cannot do: one sentence for stderr, exit code 2. */
export class CommandError extends Error {}
