"""A stand-in for the W&B server on this machine: it keeps the rows that runs send."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HISTORY = "wandb-history.jsonl"
PROJECT = {"id": "p", "name": "project", "entity": {"id": "e", "name": "someone"}}


class Server(ThreadingHTTPServer):
    """Answers what W&B asks of its server when runs begin, log, resume and end.

    Attributes:
        rows: The history of every run, by its id and then by line.
        sent: How many rows each run has sent, those that came twice as well.
        configs: What every run says of itself.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.rows: dict[str, dict[int, dict[str, Any]]] = {}
        self.sent: dict[str, int] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # W&B leaves its connections without a word

    def __enter__(self) -> Server:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()

    def history(self, run: str) -> list[dict[str, Any]]:
        """Rows of a run in their order, less W&B's own keys."""
        return [
            {k: v for k, v in row.items() if not k.startswith("_")}
            for _, row in sorted(self.rows.get(run, {}).items())
        ]


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.answer({})

    def do_PUT(self) -> None:
        self.body()
        self.answer({})

    def do_POST(self) -> None:
        body = self.body()
        with self.server.lock:
            if self.path == "/graphql":
                self.answer({"data": self.graphql(**json.loads(body))})
            elif self.path.endswith("/file_stream"):
                self.stream(self.path.split("/")[-2], json.loads(body))
                self.answer({"limits": {}})
            else:  # telemetry, which is not JSON
                self.answer({})

    def body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        return gzip.decompress(body) if zipped else body

    def answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, run: str, content: dict[str, Any]) -> None:
        part = (content.get("files") or {}).get(HISTORY)
        if part:
            rows = self.server.rows.setdefault(run, {})
            lines = [json.loads(line) for line in part["content"]]
            rows.update(enumerate(lines, part.get("offset", 0)))
            self.server.sent[run] = self.server.sent.get(run, 0) + len(lines)

    def graphql(self, query: str, variables: dict[str, Any], **_: Any) -> Any:
        name = variables.get("name") or variables.get("run")
        if "mutation UpsertBucket" in query:
            new = name not in self.server.configs
            config = json.loads(variables["config"] or "{}")
            self.server.configs.setdefault(name, {}).update(config)
            bucket = self.bucket(name) | {"project": PROJECT}
            return {"upsertBucket": {"bucket": bucket, "inserted": new}}
        if "query RunResumeStatus" in query:
            known = name in self.server.configs
            bucket = self.bucket(name) if known else None
            return {"model": PROJECT | {"bucket": bucket}}
        if "mutation CreateRunFiles" in query:
            url = f"{self.server.url}/upload/"
            files = [{"name": f, "uploadUrl": url + f} for f in variables["files"]]
            made = {"runID": name, "uploadHeaders": [], "files": files}
            return {"createRunFiles": made}
        return {}

    def bucket(self, name: str) -> dict[str, Any]:
        """What the server remembers of a run, for one that takes it up again."""
        rows = self.server.rows.get(name, {})
        tail = [json.dumps(row) for _, row in sorted(rows.items())[-1:]]
        return {
            "id": name,
            "name": name,
            "displayName": name,
            "config": json.dumps(self.server.configs[name]),
            "summaryMetrics": "{}",
            "logLineCount": 0,
            "eventsLineCount": 0,
            "eventsTail": "[]",
            "historyLineCount": len(rows),
            "historyTail": json.dumps(tail),
            "tags": [],
            "wandbConfig": json.dumps({"t": 1}),
        }
