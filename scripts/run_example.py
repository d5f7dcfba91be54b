#!/usr/bin/env python3
"""Starts a server on a new data folder, runs the example project on it, shows how its jobs go, and serves until Ctrl-C.

    scripts/run_example.py [--binary target/release/azkaban] [--example examples/hello] [--flow hello] [--once]
"""
import argparse
import html
import http.client
import io
import json
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOUNDARY = "example-boundary"


class Server:
    """The process, and requests to it."""

    def __init__(self, binary, data):
        self.data = data
        self.password = secrets.token_urlsafe(9)
        self.session = None
        self.process = self.start(binary, "127.0.0.1:8081")
        if not self.wait():
            self.process = self.start(binary, "127.0.0.1:0")
            if not self.wait():
                sys.exit("the server does not start: see " + str(data / "server.log"))
        self.address = (data / "listen.addr").read_text().strip()

    def start(self, binary, listen):
        log = open(self.data / "server.log", "a")
        command = [binary, "solo", "--data", str(self.data / "data"), "--listen", listen]
        # A process group of its own: Ctrl-C comes to this script, which then stops the server in order.
        return subprocess.Popen(command + ["--admin-password", self.password], stdout=log, stderr=log, start_new_session=True)

    def wait(self):
        """True once it listens, False if it ended."""
        mark = self.data / "data" / "listen.addr"
        for _ in range(300):
            if self.process.poll() is not None:
                return False
            if mark.exists():
                (self.data / "listen.addr").write_text(mark.read_text())
                return True
            time.sleep(0.1)
        return False

    def request(self, path, form=None, body=None, content_type="application/x-www-form-urlencoded"):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        headers = {"Cookie": "azkaban.browser.session.id=" + self.session} if self.session else {}
        if form is not None:
            body = urllib.parse.urlencode(form).encode()
        if body is not None:
            headers["Content-Type"] = content_type
        connection.request("POST" if body is not None else "GET", path, body, headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        if answer.get("error"):
            sys.exit(f"{path}: {answer['error']}")
        return answer

    def ajax(self, servlet, ajax, **parameters):
        return self.request(servlet + "?" + urllib.parse.urlencode({"ajax": ajax, **parameters}))

    def login(self):
        answer = self.request("/", {"action": "login", "username": "azkaban", "password": self.password})
        self.session = answer["session.id"]

    def upload(self, project, archive):
        body = b""
        for name, value in (("ajax", "upload"), ("project", project), ("session.id", self.session)):
            body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        body += (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{project}.zip"\r\n'
                 "Content-Type: application/zip\r\n\r\n").encode() + archive + f"\r\n--{BOUNDARY}--\r\n".encode()
        return self.request("/manager", body=body, content_type="multipart/form-data; boundary=" + BOUNDARY)


def zip_of(folder):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(folder))
    return memory.getvalue()


def watch(server, execution):
    """Prints a line for each change of a job's status; returns the flow's last status."""
    seen, begin = {}, time.time()
    while True:
        flow = server.ajax("/executor", "fetchexecflow", execid=execution)
        for node in sorted(flow["nodes"], key=lambda node: (node["startTime"] < 0, node["startTime"], node["id"])):
            if seen.get(node["id"]) != node["status"]:
                seen[node["id"]] = node["status"]
                if node["status"] != "READY":
                    print(f"  {time.time() - begin:6.2f} s  {node['id']:<14} {node['status']}", flush=True)
        if flow["status"] in ("SUCCEEDED", "FAILED", "KILLED"):
            return flow["status"]
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/azkaban")
    parser.add_argument("--example", type=pathlib.Path, default=ROOT / "examples/hello")
    parser.add_argument("--flow", default="hello")
    parser.add_argument("--once", action="store_true", help="stop when the flow has ended")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="azkaban-run-"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = Server(str(options.binary), folder)
    status = None
    try:
        server.login()
        project = options.example.name
        server.request("/manager", {"action": "create", "name": project, "description": "The example"})
        server.upload(project, zip_of(options.example))
        execution = server.ajax("/executor", "executeFlow", project=project, flow=options.flow)["execid"]
        print(f"Execution {execution} of flow {options.flow} of project {project}:")
        status = watch(server, execution)
        print(f"The flow has {status}. The end of the log of its last job:")
        last = max(server.ajax("/executor", "fetchexecflow", execid=execution)["nodes"], key=lambda node: node["endTime"])
        log = server.ajax("/executor", "fetchExecJobLogs", execid=execution, jobId=last["id"], offset=0, length=100000)
        # The API escapes logs for HTML pages.
        for line in html.unescape(log["data"]).splitlines()[-8:]:
            print("  | " + (line if len(line) <= 120 else line[:119] + "…"))
        print(f"""
The server is at   http://{server.address}/   user azkaban, password {server.password}
This execution     http://{server.address}/executor?execid={execution}
The project        http://{server.address}/manager?project={project}
Its data           {folder / "data"}
Its own log        {folder / "server.log"}""", flush=True)
        if not options.once:
            print("Ctrl-C stops it.", flush=True)
            server.process.wait()
    except KeyboardInterrupt:
        print("\nStopping.")
    finally:
        if server.process.poll() is None:
            server.process.terminate()
            server.process.wait()
    return 0 if status == "SUCCEEDED" else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
