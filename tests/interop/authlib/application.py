"""A web application that signs agents in with Authlib's integration for Flask, as Authlib's documentation does it.

It prints where it listens, and reads from standard input, as JSON, as whom it is registered there.
"""

import json
import sys

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, url_for
from werkzeug.serving import make_server

application = Flask(__name__)
oauth = OAuth(application)
server = make_server("127.0.0.1", 0, application)

# What was got for the one who is signed in: there is only one.
holds = {}


def keep(token, refresh_token=None, access_token=None):
    """Authlib's hook `update_token`: it has refreshed by itself."""
    holds.update(token)


@application.get("/sign-in")
def sign_in():
    return oauth.agentid.authorize_redirect(url_for("callback", _external=True))


@application.get("/callback")
def callback():
    # Compares `state`, sends the verifier, and verifies the id token by the JWKS, with iss, aud, exp, nonce and at_hash.
    holds.update(oauth.agentid.authorize_access_token())
    return jsonify(
        # Was not verified if it is not there.
        id_token=holds["userinfo"],
        jwt=holds["id_token"],
        userinfo=oauth.agentid.userinfo(token=holds),
    )


@application.get("/refresh")
def refresh():
    """Does nothing but use a token that has expired, for all that Authlib knows."""
    old = dict(holds, expires_at=1)
    userinfo = oauth.agentid.userinfo(token=old)
    # A refreshed id token has no nonce.
    id_token = oauth.agentid.parse_id_token(holds, nonce=None)
    has_refreshed = holds["access_token"] != old["access_token"] and holds["refresh_token"] != old["refresh_token"]
    return jsonify(id_token=id_token, jwt=holds["id_token"], userinfo=userinfo, has_refreshed=has_refreshed)


@application.get("/sign-out")
def sign_out():
    after = url_for("signed_out", _external=True)
    return oauth.agentid.logout_redirect(post_logout_redirect_uri=after, id_token_hint=holds["id_token"])


@application.get("/signed-out")
def signed_out():
    oauth.agentid.validate_logout_response()
    return jsonify(signed_out=True)


print(f"http://127.0.0.1:{server.port}", flush=True)
settings = json.loads(sys.stdin.readline())
application.secret_key = settings["client_id"]
oauth.register(
    "agentid",
    client_id=settings["client_id"],
    client_secret=settings["client_secret"],
    server_metadata_url=settings["issuer"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid name", "code_challenge_method": "S256"},
    update_token=keep,
)
server.serve_forever()
