/** Version of this package; the manifests of both languages say the same (a test compares them). */
export const VERSION = '0.1.0';

/** Version of docs/protocol.md. */
export const PROTOCOL_VERSION = 1;
