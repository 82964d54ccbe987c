"""A complete section "auth" of the secrets, with values that must never be shown."""

HIDDEN = "never-to-be-shown-" * 3
SHARED = {"redirect_uri": "https://xray.example/oauth2callback", "cookie_secret": HIDDEN}
PROVIDER = {
    "client_id": HIDDEN,
    "client_secret": HIDDEN,
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
AUTH = SHARED | PROVIDER
