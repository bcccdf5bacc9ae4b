"""An AWS for rolewalk's tests: moto behind a few corrections, on loopback only.

    python server.py

The first line on stdout is the URL. The process ends when its stdin closes, so it cannot outlive
the test binary that holds the other end of the pipe, however that binary ends.

A call lands in the account that owns its access key: AKIA<account id>TEST after a load, or a key
that AssumeRole handed out. Signatures are not checked, and trust policies are not evaluated: an
assume succeeds whenever the role is there. Verdicts are never tested against this server.

Control, JSON over HTTP:
    POST   /emulator/load    a description (load.py); forgets everything before
    POST   /emulator/faults  one rule or a list of them (faults.py)
    GET    /emulator/faults  the rules with their hits
    DELETE /emulator/faults
    GET    /emulator/stats   counts of calls (faults.py)
    DELETE /emulator/stats
"""

import io
import json
import logging
import os
import re
import socket
import sys
import threading
import time
import uuid
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

# With it moto would put every call in that one account.
os.environ.pop("MOTO_ACCOUNT_ID", None)
os.environ.pop("MOTO_IAM_LOAD_MANAGED_POLICIES", None)
os.environ.pop("INITIAL_NO_AUTH_ACTION_COUNT", None)
sys.dont_write_bytecode = True
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)

import faults  # noqa: E402
import gaps  # noqa: E402
import load  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server  # noqa: E402

NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}


class Call:
    """What the request is, read from its headers and body."""

    def __init__(self, environ, body):
        signed = re.search(
            r"Credential=([^/,]+)/[^/]+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", "")
        )
        self.key, self.service = signed.groups() if signed else (None, "sts")
        target = environ.get("HTTP_X_AMZ_TARGET")
        if target:
            self.action, self.params = target.rsplit(".", 1)[-1], json.loads(body or b"{}")
        else:
            form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
            self.params = {name: values[0] for name, values in form.items()}
            self.action = self.params.get("Action", "")
        self.account = gaps.account_of(self.key)

    def caller(self):
        return gaps.caller_arn(self.key, self.account)

    def refusal(self):
        """The text of AWS's AccessDenied for this call."""
        if self.action == "AssumeRoleWithWebIdentity":
            return "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        if self.service == "organizations":
            return "You don't have permissions to access this resource."
        resource = self.params.get("RoleArn") if self.service == "sts" else "*"
        return (
            f"User: {self.caller()} is not authorized to perform: "
            f"{self.service}:{self.action} on resource: {resource}"
        )


def error(service, status, code, message):
    """An error as the service's protocol words it: (status, content type, body)."""
    if service in NAMESPACES:
        side = "Sender" if status < 500 else "Receiver"
        text = (
            f'<ErrorResponse xmlns="{NAMESPACES[service]}"><Error><Type>{side}</Type>'
            f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
            f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return status, "text/xml", text.encode()
    text = json.dumps({"__type": code, "Message": message})
    return status, "application/x-amz-json-1.1", text.encode()


class Application:
    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.rules = faults.Rules()
        self.statistics = faults.Statistics()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"]
        if path.startswith("/emulator/"):
            status, answer = self.control(environ["REQUEST_METHOD"], path[10:], body)
            reply = (status, "application/json", json.dumps(answer).encode())
        elif path == "/federation/credentials":
            reply = self.identity_center(environ)
        elif environ["REQUEST_METHOD"] != "POST":
            reply = (404, "text/plain", b"this emulator only speaks iam, sts and organizations\n")
        else:
            reply = self.serve(environ, body)
        if reply is None:
            return []
        status, content_type, data, *cut = reply
        headers = [("Content-Type", content_type), ("Content-Length", str(len(data)))]
        start_response(f"{status} -", [*headers, ("x-amzn-RequestId", str(uuid.uuid4()))])
        return [data[: len(data) // 2]] if cut else [data]

    def control(self, method, name, body):
        try:
            if (method, name) == ("POST", "load"):
                self.rules.clear()
                self.statistics.clear()
                gaps.forget()
                return 200, load.load(json.loads(body))
            if name == "faults":
                if method == "POST":
                    self.rules.add(json.loads(body))
                elif method == "DELETE":
                    self.rules.clear()
                return 200, self.rules.show()
            if name == "stats":
                if method == "DELETE":
                    self.statistics.clear()
                return 200, self.statistics.show()
        except Exception as problem:  # a mistake in a test's description must reach the test
            return 400, {"error": f"{type(problem).__name__}: {problem}"}
        return 404, {"error": f"no {method} {name} here"}

    def serve(self, environ, body):
        call = Call(environ, body)
        self.statistics.begin()
        status = "dropped"
        try:
            reply = self.answer(call, environ, body)
            status = reply[0] if reply else status
            return reply
        finally:
            self.statistics.end(call, status)

    def answer(self, call, environ, body):
        rule = self.rules.match(call)
        if rule:
            time.sleep(rule.get("delay_ms", 0) / 1000)
            if rule.get("drop"):
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                return None
            if "code" in rule:
                message = rule.get("message") or call.refusal() + rule.get("because", "")
                return error(call.service, rule.get("status", 400), rule["code"], message)
        if call.key and not gaps.key_is_valid(call.key, call.account):
            message = "The security token included in the request is invalid."
            if call.service == "organizations":
                return error(call.service, 400, "UnrecognizedClientException", message)
            return error(call.service, 403, "InvalidClientTokenId", message)
        if call.action.startswith("AssumeRole") and not gaps.role_is_there(call.params.get("RoleArn", "")):
            return error("sts", 403, "AccessDenied", call.refusal())
        reply = self.forward(call, environ, body)
        return (*reply, "cut") if rule and rule.get("truncate") else reply

    def identity_center(self, environ):
        """GetRoleCredentials of the portal: the key of an account that has the permission set's role."""
        asked = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        account, permission_set = asked["account_id"], asked["role_name"]
        self.statistics.portal.append([account, permission_set])
        headers = "application/json"
        if environ.get("HTTP_X_AMZ_SSO_BEARER_TOKEN") != "emulator-only-token":
            return 401, headers, json.dumps({"__type": "UnauthorizedException", "message": "Session token not found or invalid"}).encode()
        reserved = f"AWSReservedSSO_{permission_set}_"
        if not any(role.name.startswith(reserved) for role in gaps.iam(account).roles.values()):
            return 403, headers, json.dumps({"__type": "ForbiddenException", "message": "No access"}).encode()
        credentials = {
            "accessKeyId": f"AKIA{account}TEST",
            "secretAccessKey": "emulator-only",
            "sessionToken": "emulator-only",
            "expiration": int((time.time() + 3600) * 1000),
        }
        return 200, headers, json.dumps({"roleCredentials": credentials}).encode()

    def forward(self, call, environ, body):
        seen = {}

        def remember(status, headers, exc_info=None):
            seen["status"] = int(status.split()[0])
            seen["type"] = dict(headers).get("Content-Type", "text/xml")

        environ["wsgi.input"] = io.BytesIO(body)
        try:
            data = b"".join(self.moto(environ, remember))
        except Exception as problem:
            seen["status"] = 500
            print(f"{call.service}:{call.action}: {problem!r}", file=sys.stderr, flush=True)
        # What moto does not implement ends in an HTML page, which no SDK can read and every SDK retries.
        if seen["status"] >= 500:
            code = "InvalidAction" if call.service in NAMESPACES else "UnknownOperationException"
            return error(call.service, 400, code, f"{call.action} is not part of this emulator.")
        return seen["status"], seen["type"], data


class QuietHandler(MotoRequestHandler):
    def make_environ(self):
        # The server leaves out headers with an underscore, and the portal's token is in one.
        token = self.headers.get("x-amz-sso_bearer_token", "")
        return {**super().make_environ(), "HTTP_X_AMZ_SSO_BEARER_TOKEN": token}

    def log(self, *_args, **_kwargs):
        pass


def end_with_stdin():
    while os.read(0, 4096):
        pass
    os._exit(0)


def main():
    gaps.close()
    server = make_server("127.0.0.1", 0, Application(), threaded=True, request_handler=QuietHandler)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
