// Entry point of the runtime that a Python program starts; bundled it is python/isthmus/_runtime/runtime.mjs.

import { serveDriver } from './driver-session.ts';

serveDriver();
