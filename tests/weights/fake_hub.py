"""A hub on the loopback interface that speaks as much of its protocol as loading a model needs."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

COMMITS = {"main": "a" * 40, "refs/pr/1": "b" * 40}


class FakeHub:
    """Serves `OWNER/NAME` repositories.

    Attributes:
        folders: the files of a repository at a commit, by (repository, commit).
        refusals: the status and error code of a repository that is not given out.
        fetched: the paths of files that were asked for.
    """

    def __init__(self):
        self.folders: dict[tuple[str, str], Path] = {}
        self.refusals: dict[str, tuple[int, str]] = {}
        self.fetched: list[str] = []
        self.commits = dict(COMMITS)
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Afterwards nobody listens at the address."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def add(self, repository: str, folder: Path, revision: str = "main") -> None:
        self.folders[repository, self.commits[revision]] = folder

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = unquote(request.path.partition("?")[0]).strip("/").split("/")
        is_api = parts[:2] == ["api", "models"]
        parts = parts[2:] if is_api else parts
        repository, rest = "/".join(parts[:2]), parts[3:]
        if repository in self.refusals and not (
            is_api and self.refusals[repository][1] == "GatedRepo"
        ):
            return self.send(request, *self.refusals[repository])
        if is_api:
            revision = "/".join(rest) or "main"
            commit = self.commits.get(revision, revision)
            if (repository, commit) not in self.folders:
                known = any(repository == name for name, _ in self.folders)
                return self.send(request, 404, "RevisionNotFound" if known else "RepoNotFound")
            folder = self.folders[repository, commit]
            names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
            body = {"id": repository, "sha": commit, "siblings": [{"rfilename": n} for n in names]}
            return self.send(request, 200, body=json.dumps(body).encode())
        commit, name = rest[0], "/".join(rest[1:])
        self.fetched.append(name)
        body = (self.folders[repository, commit] / name).read_bytes()
        etag = hashlib.sha256(body).hexdigest()
        return self.send(request, 200, body=body, etag=f'"{etag}"', commit=commit)

    def send(self, request, status, code="", *, body=b"", etag="", commit="") -> None:
        request.send_response(status)
        headers = {"X-Error-Code": code, "ETag": etag, "X-Repo-Commit": commit}
        for key, value in headers.items():
            if value:
                request.send_header(key, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(body)
