"""Runs the snippet for Authlib that the dashboard shows, as it stands there.

It prints where it listens, and reads the snippet from standard input, as JSON. The snippet's comment says where the
browser goes and comes back; all else is the snippet's own.
"""

import json
import os
import sys

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, url_for
from werkzeug.serving import make_server

application = Flask(__name__)
names = {"oauth": OAuth(application), "os": os}
server = make_server("127.0.0.1", 0, application)


@application.get("/sign-in")
def sign_in():
    return names["oauth"].agentid.authorize_redirect(url_for("callback", _external=True))


@application.get("/callback")
def callback():
    exec(at_the_redirect_address, names)
    return jsonify(printed=names["agent"])


print(f"http://127.0.0.1:{server.port}", flush=True)
settings = json.loads(sys.stdin.readline())
application.secret_key = "of the test"
os.environ["CLIENT_SECRET"] = settings["client_secret"] or ""
begins, at_the_redirect_address = settings["snippet"].split("\n# ")
at_the_redirect_address = at_the_redirect_address.split("\n", 1)[1]
exec(begins, names)
server.serve_forever()
