"""A stand-in for TensorFlow Serving: the same requests and answers for a SavedModel, with TensorFlow alone.

    python tests/inference/rest_server.py FOLDER   (FOLDER/phystd/1 is the SavedModel; the port is printed)

It has the part of the REST interface that docs/serving.md uses: the state of a model, and ``predict`` with rows
("instances") or columns ("inputs"), where {"b64": ...} stands for bytes.
"""

import base64
import http.server
import json
import sys

import numpy as np
import tensorflow as tf

MODEL = tf.saved_model.load(f"{sys.argv[1]}/phystd/1")


def _plain(value):
    """JSON with bytes decoded."""
    if isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    return [_plain(part) for part in value] if isinstance(value, list) else value


def predict(request):
    """The answer to a request, both as parsed JSON."""
    signature = MODEL.signatures[request.get("signature_name", "serving_default")]
    specs = signature.structured_input_signature[1]
    if "instances" in request:
        rows = request["instances"]
        rows = [row if isinstance(row, dict) and set(row) == set(specs) else {next(iter(specs)): row} for row in rows]
        columns = {name: [_plain(row[name]) for row in rows] for name in specs}
    else:
        inputs = request["inputs"]
        columns = inputs if isinstance(inputs, dict) and set(inputs) == set(specs) else {next(iter(specs)): inputs}
        columns = {name: _plain(value) for name, value in columns.items()}
    found = signature(**{name: tf.constant(value, specs[name].dtype) for name, value in columns.items()})
    found = {name: np.asarray(value).tolist() for name, value in found.items()}
    if "inputs" in request:
        return {"outputs": found}
    count = len(request["instances"])
    return {"predictions": [{name: value[row] for name, value in found.items()} for row in range(count)]}


class Handler(http.server.BaseHTTPRequestHandler):
    """GET /v1/models/phystd and POST /v1/models/phystd:predict."""

    def do_GET(self):
        if self.path == "/v1/models/phystd":
            status = {"error_code": "OK", "error_message": ""}
            self._answer(200, {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": status}]})
        else:
            self._answer(404, {"error": f"no model at {self.path}"})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self._answer(200, predict(request))
        except Exception as error:  # as the real one does, whatever the request
            self._answer(400, {"error": str(error)})

    def _answer(self, code, content):
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
