"""The twin of service.ts: a Python service whose requests are answered by a TypeScript function."""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from isthmus import ts
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import CallError, UserFunctionError

env = StreamExecutionEnvironment.get_execution_environment()
score = env.call(ts("./score.ts", "score"), timeout=5, max_calls=1_000)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            self.answer(200, score(body))  # in an asyncio service: await score.aio(body)
        except UserFunctionError as e:
            self.answer(422, {"error": type(e).__name__})
        except CallError as e:
            self.answer(503 if e.code == "ISTHMUS_CALL_LIMIT" else 504, {"error": type(e).__name__})

    def answer(self, status, value):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, format, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
env.close()
print("closed")
